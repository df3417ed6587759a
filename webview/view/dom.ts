/** Small helpers to build the page. Text always goes through `textContent`; attributes through `setAttribute`; styles through CSSOM. */

type Child = Node | string | null;

interface Options {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
}

/** A new element. Strings among the children become text nodes; null is skipped. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: Options = {},
  children: readonly Child[] = [],
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.text !== undefined) element.textContent = options.text;
  if (options.title !== undefined) element.title = options.title;
  for (const [name, value] of Object.entries(options.attributes ?? {})) element.setAttribute(name, value);
  for (const [name, listener] of Object.entries(options.on ?? {})) element.addEventListener(name, listener);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** A button that looks like a link: it acts inside the cinema or asks the host, and never navigates. */
export function link(text: string, title: string, onClick: () => void): HTMLButtonElement {
  return el('button', { class: 'link', text, title, attributes: { type: 'button' }, on: { click: onClick } });
}

/** Replaces all children. */
export function fill(parent: Element, children: readonly Child[]): void {
  parent.replaceChildren(...children.filter((child): child is Node | string => child !== null));
}

/** Sets the text only when it differs, so that screen readers and layout are left alone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The innermost element with the focus, through shadow roots. */
export function deepFocus(): Element | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}
