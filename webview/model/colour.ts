/** Red, green, blue 0..255 and alpha 0..1. */
export interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly a: number;
}

/** Reads `#rgb`, `#rrggbb`, `#rrggbbaa` and `rgb()/rgba()`: the forms theme variables come in. null for anything else. */
export function parseColour(text: string): Colour | null {
  const hex = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.exec(text.trim())?.[1];
  if (hex !== undefined) {
    const full = hex.length < 6 ? [...hex].map((c) => c + c).join('') : hex;
    const byte = (i: number): number => Number.parseInt(full.slice(i, i + 2), 16);
    return { r: byte(0), g: byte(2), b: byte(4), a: full.length === 8 ? byte(6) / 255 : 1 };
  }
  const parts = /^rgba?\(([^)]+)\)$/i
    .exec(text.trim())?.[1]
    ?.split(/[\s,/]+/)
    .map(Number);
  const [r, g, b, a = 1] = parts ?? [];
  if (r === undefined || g === undefined || b === undefined || [r, g, b, a].some(Number.isNaN)) return null;
  return { r, g, b, a };
}

/** `share` of `over`, the rest of `under`; both taken as opaque. */
export function mix(over: Colour, under: Colour, share: number): Colour {
  const blend = (x: number, y: number): number => Math.round(x * share + y * (1 - share));
  return { r: blend(over.r, under.r), g: blend(over.g, under.g), b: blend(over.b, under.b), a: 1 };
}

export function css(colour: Colour, alpha = colour.a): string {
  return `rgba(${colour.r}, ${colour.g}, ${colour.b}, ${alpha})`;
}

/** Relative luminance, WCAG 2. */
function luminance({ r, g, b }: Colour): number {
  const linear = (c: number): number => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** Contrast ratio 1..21, WCAG 2. */
export function contrast(a: Colour, b: Colour): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The one of two colours that reads better on `ground`. */
export function readable(ground: Colour, first: Colour, second: Colour): Colour {
  return contrast(ground, first) >= contrast(ground, second) ? first : second;
}

/** A stable choice of one of `n` for a name (FNV-1a). */
export function pick(name: string, n: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % n;
}
