// Runs in the page before its own scripts (plain JavaScript: the tests are type-checked without a DOM).
// Stands in for VS Code: its API, its theme variables, its messages; and watches for violations of the policy.
(() => {
  document.addEventListener('securitypolicyviolation', (event) => {
    globalThis.violated(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
  });

  let kept = JSON.parse(sessionStorage.getItem('vscode-state') ?? 'null') ?? undefined;
  globalThis.acquireVsCodeApi = () => ({
    postMessage: (message) => globalThis.toHost(message),
    getState: () => kept,
    setState: (state) => {
      kept = state;
      sessionStorage.setItem('vscode-state', JSON.stringify(state));
    },
  });

  const columns = { Float64Array, Uint8Array, Uint16Array, Uint32Array };
  globalThis.fromHost = (text) => {
    const message = JSON.parse(text, (_, value) => {
      const Column = value === null ? undefined : columns[value.$column];
      return Column === undefined
        ? value
        : new Column(Uint8Array.from(atob(value.bytes), (c) => c.charCodeAt(0)).buffer);
    });
    window.postMessage(message, '*');
  };

  globalThis.setTheme = ({ kind, variables }) => {
    document.documentElement.removeAttribute('style');
    for (const [name, value] of Object.entries(variables)) {
      document.documentElement.style.setProperty(`--vscode-${name}`, value);
    }
    document.body.className = kind;
    document.body.dataset.vscodeThemeKind = kind;
  };

  /** What a keyboard user is on, through shadow roots: `tag.class "name"`. */
  globalThis.focusName = () => {
    let active = document.activeElement;
    const host = active;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    const name = (e) => e?.getAttribute('aria-label') || e?.getAttribute('title') || e?.textContent?.trim() || '';
    return `${host?.tagName.toLowerCase()} ${name(active) || name(host)}`.slice(0, 80);
  };

  /** Colour of the timeline at a place; negative: from the bottom. */
  globalThis.pixel = (x, y) => {
    const canvas = document.querySelector('.timeline-canvas');
    return [...canvas.getContext('2d').getImageData(x, y < 0 ? canvas.height + y : y, 1, 1).data];
  };

  /** Frame times (ms) while `steps` keys are pressed, one per frame. */
  globalThis.framesWhile = async (key, steps) => {
    const times = [];
    let last = performance.now();
    for (let i = 0; i < steps; i++) {
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times;
  };

  new MutationObserver((_, observer) => {
    if (document.body === null) return;
    observer.disconnect();
    globalThis.setTheme(globalThis.firstTheme);
  }).observe(document, { childList: true, subtree: true });
})();
