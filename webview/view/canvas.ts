/** A canvas that follows its element's size and the screen's pixel ratio; drawing is in CSS pixels. */
export class Surface {
  readonly element: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  width = 0;
  height = 0;

  constructor(element: HTMLCanvasElement) {
    this.element = element;
    const context = element.getContext('2d', { alpha: false });
    if (context === null)
      throw new Error('This webview cannot draw on a canvas; enable hardware or software rendering.');
    this.#context = context;
  }

  /** Sizes the canvas for `width` x `height` CSS pixels and returns its context, ready to draw over everything. */
  begin(width: number, height: number): CanvasRenderingContext2D {
    const ratio = window.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    const pixelWidth = Math.max(Math.round(width * ratio), 1);
    const pixelHeight = Math.max(Math.round(height * ratio), 1);
    if (this.element.width !== pixelWidth || this.element.height !== pixelHeight) {
      this.element.width = pixelWidth;
      this.element.height = pixelHeight;
      this.element.style.width = `${width}px`;
      this.element.style.height = `${height}px`;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return this.#context;
  }
}

const widths = new Map<string, Map<string, number>>();

/** Width of a text in the context's font, remembered. */
function textWidth(context: CanvasRenderingContext2D, text: string): number {
  let known = widths.get(context.font);
  if (known === undefined) {
    known = new Map();
    widths.set(context.font, known);
  }
  let width = known.get(text);
  if (width === undefined) {
    if (known.size > 20_000) known.clear();
    width = context.measureText(text).width;
    known.set(text, width);
  }
  return width;
}

/** The longest beginning of `text` that fits `room` pixels, with an ellipsis when cut; empty when not even two letters fit. */
export function fitText(context: CanvasRenderingContext2D, text: string, room: number): string {
  const whole = textWidth(context, text);
  if (whole <= room) return text;
  let letters = Math.floor((room / whole) * text.length);
  while (letters > 1 && textWidth(context, `${text.slice(0, letters)}…`) > room) letters--;
  return letters > 1 ? `${text.slice(0, letters)}…` : '';
}
