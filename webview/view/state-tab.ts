import { formatValue } from '../../src/tracer/event/format.ts';
import type { ValueChange } from '../../src/tracer/query/diff.ts';
import type { StateItem } from '../messages.ts';
import type { AppState } from '../model/app-state.ts';
import type { Controller } from '../model/controller.ts';
import { visible } from '../model/text.ts';
import { formatDuration, formatTime } from '../model/time.ts';
import { el, fill, setText } from './dom.ts';
import { diffList, nothing, spanLink, timeLink } from './parts.ts';
import { valueTree } from './value-tree.ts';

/** What the watched state held at the playhead, and how it came to that. */
export class StateTab {
  readonly element = el('div', { class: 'tab states' });
  readonly #cinema: Controller;
  readonly #head = el('p', { class: 'muted' });
  readonly #list = el('ul', { class: 'cards', attributes: { 'aria-label': 'State at the playhead' } });
  readonly #empty: HTMLElement;
  #shown = '';
  #items: readonly StateItem[] | null = null;

  constructor(cinema: Controller) {
    this.#cinema = cinema;
    this.#empty = nothing(
      'No state is known at this moment',
      'State shows where a plan captures a path (this.slots) or watches it, from the first call of such a probe on.',
    );
    fill(this.element, [this.#head, this.#list, this.#empty]);
  }

  render(state: AppState): void {
    if (state.tab !== 'state') return;
    const items = state.states?.items ?? [];
    setText(this.#head, `At ${formatTime(state.states?.t ?? state.playhead, 1_000)}`);
    if (items === this.#items) return;
    this.#items = items;
    this.#empty.hidden = items.length > 0;
    this.#list.hidden = items.length === 0;
    // The same state at another moment keeps its elements: opened values stay open while the playhead moves.
    const key = JSON.stringify(items.map((item) => [item.holder, item.path, item.key, item.since, item.by?.call]));
    if (key === this.#shown) return;
    this.#shown = key;
    const latest = Math.max(...items.map((item) => item.since));
    fill(
      this.#list,
      items.map((item) => this.#card(item, item.since === latest)),
    );
  }

  #card(item: StateItem, latest: boolean): HTMLElement {
    const holder = item.holder === null ? null : el('span', { class: 'muted', text: `#${item.holder}` });
    const key = item.key === null ? '' : `[${formatValue(item.key, 60)}]`;
    const since = Math.max((this.#cinema.state.states?.t ?? item.since) - item.since, 0);
    return el('li', { class: latest ? 'card latest' : 'card' }, [
      el('div', { class: 'card-head' }, [
        el('h3', { class: 'path', text: `${visible(item.path)}${key}` }),
        holder,
        latest ? el('span', { class: 'chip changed', text: 'last change' }) : null,
      ]),
      item.present
        ? valueTree(item.value)
        : el('div', { class: 'leaf' }, [el('span', { class: 'tone-void', text: 'deleted' })]),
      el('div', { class: 'facts' }, [
        el('span', { class: 'muted' }, ['since ', timeLink(this.#cinema, item.since), ` (${formatDuration(since)})`]),
        item.by === null
          ? el('span', { class: 'muted', text: 'by code that is not traced' })
          : el('span', { class: 'muted' }, ['by ', spanLink(this.#cinema, item.by)]),
      ]),
      item.before === undefined ? el('div', { class: 'muted', text: 'first value known' }) : diffOrSame(item.diff),
    ]);
  }
}

function diffOrSame(changes: readonly ValueChange[]): HTMLElement {
  if (changes.length === 0) return el('div', { class: 'muted', text: 'the same value as before' });
  return el(
    'div',
    { class: 'since-before', attributes: { role: 'group', 'aria-label': 'Changed since the value before' } },
    [diffList(changes)],
  );
}
