import type { AppState } from '../model/app-state.ts';
import { boxesIn } from '../model/boxes.ts';
import { type EmptyReason, emptyReason } from '../model/empty.ts';
import { progressRing } from '../ui/toolkit.ts';
import { el, fill } from './dom.ts';

/** Over an empty timeline: why nothing shows. */
export class EmptyNote {
  readonly element = el('div', { class: 'empty-note', attributes: { role: 'status' } });
  readonly #ring = progressRing('Waiting');
  #shown = '?';

  render(state: AppState, edge: number): void {
    const reason = emptyReason({
      connected: state.connected,
      live: state.mode !== 'stopped',
      calls: state.status.calls,
      events: state.status.events,
      dropped: state.status.dropped,
      probes: state.probes,
      inView: this.#inView(state, edge),
    });
    const key = JSON.stringify(reason);
    if (key === this.#shown) return;
    this.#shown = key;
    this.element.hidden = reason === null;
    fill(this.element, reason === null ? [] : this.#content(reason));
  }

  #inView({ window, view }: AppState, edge: number): number | null {
    if (window === null || window.from > view.from || window.to < view.to) return null;
    return boxesIn(window, view, edge).length;
  }

  #content(reason: EmptyReason): Node[] {
    return [
      ...(reason.waiting ? [this.#ring] : []),
      el('p', { class: 'nothing-title', text: reason.title }),
      ...reason.lines.map((line) => el('p', { text: line })),
    ];
  }
}
