import type { Box } from '../model/boxes.ts';
import { type Colour, contrast, css, mix, parseColour, pick, readable } from '../model/colour.ts';

/** Colours of one kind of box. */
export interface Paint {
  readonly fill: string;
  readonly edge: string;
  /** For boxes too narrow for fill and edge. */
  readonly thin: string;
  readonly text: string;
}

/** Everything the canvases draw with, read from VS Code's theme variables once per theme. */
export interface Theme {
  readonly highContrast: boolean;
  readonly font: string;
  readonly mono: string;
  readonly background: string;
  readonly header: string;
  readonly ruler: string;
  readonly foreground: string;
  readonly muted: string;
  readonly grid: string;
  readonly focus: string;
  readonly playhead: string;
  readonly error: string;
  readonly warning: string;
  readonly info: string;
  readonly beyond: string;
  readonly density: string;
  readonly brush: string;
  readonly calls: readonly Paint[];
  readonly http: Paint;
  readonly db: Paint;
  readonly failed: Paint;
}

const BLACK: Colour = { r: 0, g: 0, b: 0, a: 1 };
const WHITE: Colour = { r: 255, g: 255, b: 255, a: 1 };

export function readTheme(): Theme {
  const styles = getComputedStyle(document.body);
  const raw = (name: string): string => styles.getPropertyValue(`--vscode-${name}`).trim();
  const kind = document.body.dataset.vscodeThemeKind ?? '';
  const light = kind.endsWith('light');
  const highContrast = kind.startsWith('vscode-high-contrast');
  const colour = (fallback: Colour, ...names: string[]): Colour => {
    for (const name of names) {
      const found = parseColour(raw(name));
      if (found !== null) return found;
    }
    return fallback;
  };
  const ground = colour(light ? WHITE : { r: 31, g: 31, b: 31, a: 1 }, 'editor-background');
  const foreground = colour(light ? BLACK : WHITE, 'editor-foreground', 'foreground');
  const blue = colour({ r: 55, g: 148, b: 255, a: 1 }, 'charts-blue');
  const purple = colour({ r: 177, g: 128, b: 215, a: 1 }, 'charts-purple');
  const green = colour({ r: 137, g: 209, b: 133, a: 1 }, 'charts-green');
  const orange = colour({ r: 209, g: 134, b: 22, a: 1 }, 'charts-orange');
  const yellow = colour({ r: 204, g: 167, b: 0, a: 1 }, 'charts-yellow', 'editorWarning-foreground');
  const red = colour({ r: 244, g: 135, b: 113, a: 1 }, 'charts-red', 'editorError-foreground');
  const teal = mix(blue, green, 0.5);
  const paint = (hue: Colour, strength = light ? 0.34 : 0.46): Paint => {
    const box = highContrast ? ground : mix(hue, ground, strength);
    const strong = readable(box, light ? BLACK : foreground, light ? foreground : WHITE);
    return {
      fill: css(box),
      edge: css(hue),
      thin: css(highContrast ? hue : mix(hue, ground, 0.68)),
      text: css(contrast(box, foreground) >= 7 ? foreground : strong),
    };
  };
  const hues = [blue, purple, teal, mix(blue, purple, 0.5), green, mix(green, blue, 0.75), mix(purple, blue, 0.75)];
  return {
    highContrast,
    font: raw('font-family') || 'sans-serif',
    mono: raw('editor-font-family') || 'monospace',
    background: css(ground),
    header: css(highContrast ? ground : mix(foreground, ground, light ? 0.045 : 0.06)),
    ruler: css(highContrast ? ground : mix(foreground, ground, light ? 0.025 : 0.035)),
    foreground: css(foreground, 1),
    muted: css(mix(foreground, ground, highContrast ? 1 : 0.68)),
    grid: css(foreground, highContrast ? 0.35 : 0.09),
    focus: css(colour(blue, 'contrastActiveBorder', 'focusBorder')),
    playhead: css(highContrast ? colour(orange, 'contrastActiveBorder') : foreground),
    error: css(red),
    warning: css(yellow),
    info: css(blue),
    beyond: css(foreground, highContrast ? 0 : 0.035),
    density: css(highContrast ? foreground : mix(blue, ground, 0.75)),
    brush: css(foreground, highContrast ? 0 : 0.1),
    calls: hues.map((hue) => paint(hue)),
    http: paint(mix(foreground, ground, 0.55), light ? 0.3 : 0.42),
    db: paint(mix(orange, yellow, 0.55), light ? 0.42 : 0.5),
    failed: paint(red, light ? 0.5 : 0.58),
  };
}

/** The colours of a box: failed above all, then by kind, calls by their name so that a function keeps its colour. */
export function paintOf(theme: Theme, box: Pick<Box, 'kind' | 'name' | 'failed'>): Paint {
  if (box.failed) return theme.failed;
  if (box.kind === 'http') return theme.http;
  if (box.kind === 'db') return theme.db;
  return theme.calls[pick(box.name, theme.calls.length)] ?? theme.http;
}
