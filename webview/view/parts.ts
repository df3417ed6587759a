import { formatValue } from '../../src/tracer/event/format.ts';
import type { SourceLocation } from '../../src/tracer/event/location.ts';
import type { ValueChange } from '../../src/tracer/query/diff.ts';
import type { SpanBrief } from '../messages.ts';
import type { Controller } from '../model/controller.ts';
import { oneLine, shortPlace, visible } from '../model/text.ts';
import { formatDuration, formatTime } from '../model/time.ts';
import { el, link } from './dom.ts';

/** Pieces that several tabs show. */

export function section(title: string, children: readonly (Node | null)[]): HTMLElement {
  return el('section', {}, [el('h3', { text: title }), ...children]);
}

export function locationLink(cinema: Controller, location: SourceLocation | null): HTMLElement {
  if (location === null) return el('span', { class: 'muted', text: 'source line unknown' });
  const full = `${location.file}:${location.line}`;
  return link(shortPlace(location.file, location.line), `Open ${oneLine(full, 300)}`, () => cinema.open(location));
}

/** A link that selects a call and moves the playhead to its start. */
export function spanLink(cinema: Controller, span: SpanBrief): HTMLElement {
  const text = oneLine(span.name, 120);
  const length = span.end === null ? 'still running' : formatDuration(span.end - span.start);
  const button = link(text, `Go to ${text} at ${formatTime(span.start, 1_000)} (${length})`, () => cinema.goTo(span));
  if (span.failed) button.classList.add('failed');
  return button;
}

/** A link that moves the playhead. */
export function timeLink(cinema: Controller, t: number): HTMLElement {
  const text = formatTime(t, 1_000);
  return link(text, `Move the playhead to ${text}`, () => cinema.movePlayhead(t, { show: true }));
}

const SIGNS = { added: '+', removed: '−', changed: '~' } as const;

/** Changes as lines of old and new value; signs and words, so that nothing depends on colour. */
export function diffList(changes: readonly ValueChange[]): HTMLElement {
  const items = changes.map((change) => {
    const parts: (Node | null)[] = [
      el('span', {
        class: 'sign',
        text: SIGNS[change.op],
        attributes: { 'aria-label': change.op, role: 'img' },
      }),
      change.path === '' ? null : el('span', { class: 'key', text: `${visible(change.path)} ` }),
      change.op === 'added' ? null : el('del', { text: formatValue(change.before, 160) }),
      change.op === 'changed' ? el('span', { class: 'muted', text: ' → ' }) : null,
      change.op === 'removed' ? null : el('ins', { text: formatValue(change.after, 160) }),
    ];
    return el('li', { class: `change ${change.op}` }, parts);
  });
  return el('ul', { class: 'diff' }, items);
}

/** What a tab says when it has nothing to show, and why. */
export function nothing(title: string, why: string): HTMLElement {
  return el('div', { class: 'nothing' }, [el('p', { class: 'nothing-title', text: title }), el('p', { text: why })]);
}
