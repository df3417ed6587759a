import { el } from './dom.ts';

const LEAST = 15;
const MOST = 85;

/** Divides timeline and tabs; dragged, or moved by arrow keys. The share (percent) goes to the timeline. */
export class Splitter {
  readonly element: HTMLElement;
  #share: number;
  readonly #box: HTMLElement;
  readonly #changed: (share: number) => void;

  constructor(box: HTMLElement, share: number, changed: (share: number) => void) {
    this.#box = box;
    this.#changed = changed;
    this.#share = share;
    this.element = el('div', {
      class: 'splitter',
      attributes: {
        role: 'separator',
        tabindex: '0',
        'aria-label': 'Size of the timeline',
        'aria-valuemin': String(LEAST),
        'aria-valuemax': String(MOST),
      },
    });
    this.element.addEventListener('pointerdown', (event) => this.element.setPointerCapture(event.pointerId));
    this.element.addEventListener('pointermove', (event) => {
      if (this.element.hasPointerCapture(event.pointerId)) this.#drag(event);
    });
    this.element.addEventListener('keydown', (event) => {
      const step = { ArrowUp: -3, ArrowLeft: -3, ArrowDown: 3, ArrowRight: 3 }[event.key];
      if (step === undefined) return;
      this.set(this.#share + step);
      event.preventDefault();
      event.stopPropagation();
    });
    this.set(share);
  }

  set(share: number): void {
    this.#share = Math.min(Math.max(share, LEAST), MOST);
    this.#box.style.setProperty('--timeline-share', String(this.#share));
    this.element.setAttribute('aria-valuenow', String(Math.round(this.#share)));
    this.#changed(this.#share);
  }

  #drag(event: PointerEvent): void {
    const box = this.#box.getBoundingClientRect();
    const beside = getComputedStyle(this.#box).flexDirection === 'row';
    const part = beside ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height;
    this.set(part * 100);
  }
}
