import type { AppState } from '../model/app-state.ts';
import { type Box, boxesIn, type Filter } from '../model/boxes.ts';
import type { Controller } from '../model/controller.ts';
import { oneLine, plural } from '../model/text.ts';
import { formatDuration, formatTime } from '../model/time.ts';
import { spanOf } from '../model/viewport.ts';
import { dropdown } from '../ui/toolkit.ts';
import { el, fill, setText } from './dom.ts';
import { nothing } from './parts.ts';

const ROW = 22;
const SPARE = 6;

/** The visible part of the timeline as a table: for keyboards, screen readers, and eyes that prefer text. Only what shows is built. */
export class CallsTab {
  readonly element: HTMLElement;
  readonly #cinema: Controller;
  readonly #count = el('span', { class: 'muted' });
  readonly #body = el('div', { class: 'calls-body', attributes: { role: 'rowgroup' } });
  readonly #grid: HTMLElement;
  readonly #empty = nothing('No calls in view', 'Pan, zoom out (S), or press 0 to see the whole recording.');
  readonly #filter = dropdown<Filter>(
    'Show',
    [
      { value: 'all', label: 'Everything' },
      { value: 'http', label: 'Requests' },
      { value: 'call', label: 'Calls' },
      { value: 'db', label: 'Queries' },
      { value: 'failed', label: 'Failed' },
    ],
    () => this.#refresh(),
  );
  #boxes: Box[] = [];
  #active = 0;
  #key = '';
  #drawn = '';
  #listed = 0;

  constructor(cinema: Controller) {
    this.#cinema = cinema;
    const columns = ['Start', 'Call', 'Duration'].map((text) =>
      el('span', { text, attributes: { role: 'columnheader' } }),
    );
    const head = el('div', { class: 'calls-row head', attributes: { role: 'row', 'aria-rowindex': '1' } }, columns);
    this.#grid = el(
      'div',
      { class: 'calls-grid', attributes: { role: 'treegrid', tabindex: '0', 'aria-label': 'Calls in view' } },
      [el('div', { class: 'calls-head', attributes: { role: 'rowgroup' } }, [head]), this.#body],
    );
    this.element = el('div', { class: 'tab calls' }, [
      el('div', { class: 'calls-bar' }, [this.#filter.element, this.#count]),
      this.#empty,
      this.#grid,
    ]);
    this.#grid.addEventListener('scroll', () => this.#draw());
    this.#grid.addEventListener('keydown', (event) => this.#keydown(event));
    this.#body.addEventListener('click', (event) => this.#click(event));
    new ResizeObserver(() => this.#draw()).observe(this.#grid);
  }

  render(state: AppState): void {
    if (state.tab !== 'calls' || state.window === null) return;
    // While the film runs the list is refreshed a few times a second: nobody reads faster, and rows stay clickable.
    const now = performance.now();
    const key = `${state.view.from} ${state.view.to} ${state.window.from} ${state.window.total} ${state.window.range.to} ${this.#filter.value()}`;
    if (key !== this.#key && (state.mode !== 'live' || now - this.#listed > 400)) {
      this.#key = key;
      this.#listed = now;
      this.#list(state);
    }
    this.#draw();
  }

  #refresh(): void {
    this.#key = '';
    this.#cinema.redraw();
  }

  #list(state: AppState): void {
    if (state.window === null) return;
    const active = this.#boxes[this.#active]?.call;
    this.#boxes = boxesIn(state.window, state.view, this.#cinema.edge(), this.#filter.value());
    const at = this.#boxes.findIndex((box) => box.call === (active ?? state.selected));
    this.#active = at >= 0 ? at : Math.min(this.#active, Math.max(this.#boxes.length - 1, 0));
    const merged = this.#boxes.some((box) => box.count > 1);
    setText(this.#count, plural(this.#boxes.length, 'row') + (merged ? '; zoom in to split merged ones (×)' : ''));
    this.#empty.hidden = this.#boxes.length > 0;
    this.#grid.hidden = this.#boxes.length === 0;
    this.#grid.setAttribute('aria-rowcount', String(this.#boxes.length + 1));
    this.#body.style.height = `${this.#boxes.length * ROW}px`;
    this.#drawn = '';
  }

  #draw(): void {
    const first = Math.max(Math.floor(this.#grid.scrollTop / ROW) - SPARE, 0);
    const last = Math.min(first + Math.ceil(this.#grid.clientHeight / ROW) + 2 * SPARE, this.#boxes.length);
    const { selected } = this.#cinema.state;
    const drawn = `${first} ${last} ${this.#active} ${selected}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const rows: HTMLElement[] = [];
    for (let i = first; i < last; i++) {
      const box = this.#boxes[i];
      if (box !== undefined) rows.push(this.#row(box, i, box.call === selected));
    }
    fill(this.#body, rows);
    const active = this.#active >= first && this.#active < last ? `call-row-${this.#active}` : '';
    if (active === '') this.#grid.removeAttribute('aria-activedescendant');
    else this.#grid.setAttribute('aria-activedescendant', active);
  }

  #row(box: Box, i: number, selected: boolean): HTMLElement {
    const many = box.count > 1 ? `${box.count}× ` : '';
    const name = el('span', { class: `call-name kind-${box.kind}`, attributes: { role: 'gridcell' } }, [
      el('span', { class: 'dot', attributes: { 'aria-hidden': 'true' } }),
      `${many}${oneLine(box.name, 200)}`,
      box.failed ? el('span', { class: 'chip bad', text: 'failed' }) : null,
    ]);
    const length = formatDuration(box.end - box.start) + (box.open ? ', running' : '');
    const precision = spanOf(this.#cinema.state.view) / 1_000;
    const row = el(
      'div',
      {
        class: `calls-row${selected ? ' selected' : ''}${i === this.#active ? ' active' : ''}`,
        attributes: {
          role: 'row',
          id: `call-row-${i}`,
          'aria-rowindex': String(i + 2),
          'aria-level': String(box.depth + 1),
          'aria-selected': String(selected),
        },
      },
      [
        el('span', { class: 'number muted', text: formatTime(box.start, precision), attributes: { role: 'gridcell' } }),
        name,
        el('span', { class: 'number', text: length, attributes: { role: 'gridcell' } }),
      ],
    );
    row.dataset.index = String(i);
    row.style.transform = `translateY(${i * ROW}px)`;
    name.style.setProperty('--depth', String(Math.min(box.depth, 12)));
    return row;
  }

  #click(event: Event): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null;
    if (row === null) return;
    this.#active = Number(row.dataset.index);
    this.#select();
  }

  #keydown(event: KeyboardEvent): void {
    const page = Math.max(Math.floor(this.#grid.clientHeight / ROW) - 2, 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#boxes.length,
      End: this.#boxes.length,
    };
    const move = moves[event.key];
    if (move !== undefined) {
      this.#active = Math.min(Math.max(this.#active + move, 0), this.#boxes.length - 1);
      this.#show();
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.#select();
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.#draw();
  }

  #show(): void {
    const top = this.#active * ROW;
    const room = this.#grid.clientHeight - ROW;
    if (top < this.#grid.scrollTop) this.#grid.scrollTop = top;
    else if (top + ROW > this.#grid.scrollTop + room) this.#grid.scrollTop = top + ROW - room;
  }

  #select(): void {
    const box = this.#boxes[this.#active];
    if (box !== undefined) this.#cinema.pickCall(box.call, box.start);
  }
}
