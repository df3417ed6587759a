import { formatValue } from '../../src/tracer/event/format.ts';
import type { CapturedValue } from '../../src/tracer/event/value.ts';
import { visible } from '../model/text.ts';
import { childrenOf, longText, shortfall, toneOf } from '../model/value.ts';
import { el } from './dom.ts';

const PREVIEW = 240;
/** Children and characters shown at once; the rest comes by a button, so that a huge value never blocks the page. */
const CHILDREN_AT_ONCE = 100;
const CHARACTERS_AT_ONCE = 10_000;

/** A captured value as one line that opens. Its inside is built when it is opened first. */
export function valueTree(value: CapturedValue, label?: string): HTMLElement {
  const preview = el('span', { class: `value tone-${toneOf(value)}`, text: formatValue(value, PREVIEW) });
  const head = label === undefined ? [preview] : [el('span', { class: 'key', text: `${visible(label)}: ` }), preview];
  const text = longText(value);
  const children = childrenOf(value);
  const lack = shortfall(value);
  if (text === null && children.length === 0) {
    const note = lack === null ? null : el('span', { class: 'lack', text: ` ${lack}` });
    return el('div', { class: 'leaf' }, [...head, note]);
  }
  const body = el('div', { class: 'inside' });
  const details = el('details', { class: 'tree' }, [el('summary', {}, head), body]);
  details.addEventListener('toggle', () => {
    if (!details.open || body.childElementCount > 0) return;
    if (text !== null) fillText(body, text, 0);
    else fillChildren(body, children, 0);
    if (lack !== null) body.append(el('div', { class: 'lack', text: lack }));
  });
  return details;
}

function fillChildren(body: HTMLElement, children: ReturnType<typeof childrenOf>, from: number): void {
  const until = Math.min(from + CHILDREN_AT_ONCE, children.length);
  for (const child of children.slice(from, until)) body.append(valueTree(child.value, child.label));
  if (until < children.length)
    more(body, `${(children.length - until).toLocaleString('en')} more`, () => fillChildren(body, children, until));
}

function fillText(body: HTMLElement, text: string, from: number): void {
  const until = Math.min(from + CHARACTERS_AT_ONCE, text.length);
  body.append(el('pre', { class: 'text', text: visible(text.slice(from, until)) }));
  if (until < text.length) {
    more(body, `${(text.length - until).toLocaleString('en')} more characters`, () => fillText(body, text, until));
  }
}

function more(body: HTMLElement, what: string, go: () => void): void {
  const button = el('button', { class: 'link more', text: `Show ${what}`, attributes: { type: 'button' } });
  button.addEventListener('click', () => {
    button.remove();
    go();
  });
  body.append(button);
}
