import { formatValue } from '../../src/tracer/event/format.ts';
import type { CapturedValue } from '../../src/tracer/event/value.ts';
import type { CallDetail, CallOutcome, SpanBody, StateAround } from '../messages.ts';
import type { AppState } from '../model/app-state.ts';
import type { Controller } from '../model/controller.ts';
import { oneLine, plural, visible } from '../model/text.ts';
import { formatDuration } from '../model/time.ts';
import { el, fill, link } from './dom.ts';
import { diffList, locationLink, nothing, section, spanLink, timeLink } from './parts.ts';
import { valueTree } from './value-tree.ts';

const KINDS = { call: 'call', http: 'HTTP request', db: 'query' } as const;

/** Everything about the selected call. */
export class DetailsTab {
  readonly element = el('div', { class: 'tab details' });
  readonly #cinema: Controller;
  #shown: unknown;

  constructor(cinema: Controller) {
    this.#cinema = cinema;
  }

  render(state: AppState): void {
    const key = state.selected === null ? null : (state.detail ?? state.selected);
    if (key === this.#shown) return;
    this.#shown = key;
    if (state.selected === null) {
      fill(this.element, [
        nothing(
          'No call is selected',
          'Click a call in the timeline, or press . to go to the next one from the playhead.',
        ),
      ]);
    } else if (state.detail === null) {
      fill(this.element, [
        el('p', { class: 'muted', text: `Loading ${state.brief === null ? 'the call' : visible(state.brief.name)} …` }),
      ]);
    } else {
      fill(this.element, this.#content(state.detail, state));
    }
  }

  #content(detail: CallDetail, state: AppState): (Node | null)[] {
    const { span, body } = detail;
    const cinema = this.#cinema;
    return [
      el('header', { class: 'call-head' }, [
        el('h2', { text: visible(span.name), class: `name kind-${span.kind}` }),
        el('div', { class: 'facts' }, [
          el('span', {
            class: `chip ${span.failed ? 'bad' : span.end === null ? 'open' : 'good'}`,
            text: statusText(detail),
          }),
          el('span', {
            class: 'strong',
            text: detail.duration === null ? 'not ended yet' : formatDuration(detail.duration),
          }),
          el('span', { class: 'muted' }, ['at ', timeLink(cinema, span.start)]),
          locationLink(cinema, span.location),
        ]),
        this.#parents(detail),
      ]),
      ...bodySections(body),
      ...detail.states.map((around) => stateSection(around)),
      this.#findings(detail, state),
      this.#children(detail),
      el('p', { class: 'muted ids' }, [
        `${KINDS[span.kind]} ${span.call}`,
        body.kind === 'call' && body.self !== null ? `, this is object #${body.self}` : '',
      ]),
    ];
  }

  #parents({ parents, span }: CallDetail): HTMLElement | null {
    if (parents.length === 0) return null;
    const items = parents.map((parent) => el('li', {}, [spanLink(this.#cinema, parent)]));
    items.push(el('li', { text: oneLine(span.name, 80), attributes: { 'aria-current': 'true' } }));
    return el('nav', { class: 'parents', attributes: { 'aria-label': 'Called from' } }, [el('ol', {}, items)]);
  }

  #findings(detail: CallDetail, state: AppState): HTMLElement | null {
    const found = state.findings.filter((finding) => detail.findings.includes(finding.id));
    if (found.length === 0) return null;
    const items = found.map((finding) => {
      const go = link(oneLine(finding.title, 200), 'Show this finding', () => this.#cinema.showFinding(finding.id));
      return el('li', { class: `severity-${finding.severity}` }, [go]);
    });
    return section('Part of', [el('ul', { class: 'plain' }, items)]);
  }

  #children({ children, childCount, span }: CallDetail): HTMLElement | null {
    if (childCount === 0) return null;
    const total = Math.max((span.end ?? children.at(-1)?.end ?? span.start) - span.start, 1);
    const rows = children.map((child) => {
      const length = (child.end ?? child.start) - child.start;
      const bar = el('span', { class: `bar kind-${child.kind}` });
      bar.style.setProperty('--from', String(Math.min((child.start - span.start) / total, 1)));
      bar.style.setProperty('--share', String(Math.min(length / total, 1)));
      return el('li', {}, [
        spanLink(this.#cinema, child),
        el('span', { class: 'muted number', text: child.end === null ? 'running' : formatDuration(length) }),
        el('span', { class: 'track', attributes: { 'aria-hidden': 'true' } }, [bar]),
      ]);
    });
    const rest = childCount - children.length;
    return section(`Calls (${childCount.toLocaleString('en')})`, [
      el('ul', { class: 'children' }, rows),
      rest > 0
        ? el('p', { class: 'muted', text: `and ${rest.toLocaleString('en')} more; zoom into this call to see them` })
        : null,
    ]);
  }
}

function statusText({ span, body }: CallDetail): string {
  if (body.kind === 'http')
    return body.status === null ? 'open' : body.aborted ? `${body.status}, aborted` : String(body.status);
  if (body.kind === 'db') return body.error !== null ? 'failed' : span.end === null ? 'open' : 'ok';
  return OUTCOMES[body.outcome.kind];
}

const OUTCOMES: Readonly<Record<CallOutcome['kind'], string>> = {
  returned: 'returned',
  threw: 'threw',
  fulfilled: 'fulfilled',
  rejected: 'rejected',
  pending: 'pending',
  running: 'running',
};

function bodySections(body: SpanBody): (Node | null)[] {
  switch (body.kind) {
    case 'call':
      return [argsSection(body.args, body.argc), outcomeSection(body.outcome)];
    case 'http':
      return [
        section('Request', [el('div', { class: 'leaf code', text: `${visible(body.method)} ${visible(body.url)}` })]),
      ];
    case 'db':
      return [
        section(`Statement (${visible(body.system)})`, [statement(body.statement)]),
        body.params === null ? null : argsSection(body.params, body.params.length, 'Parameters'),
        body.error === null ? null : section('Error', [valueTree(body.error)]),
        body.rows === null ? null : section('Result', [el('div', { class: 'leaf', text: plural(body.rows, 'row') })]),
      ];
  }
}

function statement(value: CapturedValue): HTMLElement {
  return typeof value === 'string' && value.length < 2_000
    ? el('pre', { class: 'text code', text: visible(value) })
    : valueTree(value);
}

function argsSection(args: readonly CapturedValue[], argc: number, title = 'Arguments'): HTMLElement {
  if (argc === 0) return section(title, [el('div', { class: 'muted', text: 'none' })]);
  const rest = argc - args.length;
  return section(title, [
    ...args.map((arg, i) => valueTree(arg, String(i))),
    rest > 0 ? el('div', { class: 'lack', text: `${plural(rest, 'further argument')} not captured` }) : null,
  ]);
}

function outcomeSection(outcome: CallOutcome): HTMLElement {
  switch (outcome.kind) {
    case 'running':
      return section('Result', [el('div', { class: 'muted', text: 'still running at the end of what is known' })]);
    case 'pending':
      return section('Result', [el('div', { class: 'muted', text: 'returned a promise that has not settled yet' })]);
    case 'threw':
    case 'rejected':
      return section(outcome.kind === 'threw' ? 'Threw' : 'Rejected with', [valueTree(outcome.value)]);
    default:
      return section(outcome.kind === 'returned' ? 'Returned' : 'Resolved to', [valueTree(outcome.value)]);
  }
}

/** State around the call: what it was, what changed. */
function stateSection({ path, before, after, diff }: StateAround): HTMLElement {
  const title = `${visible(path)} around the call`;
  if (before === undefined || after === undefined) {
    return section(title, [
      before === undefined ? null : valueTree(before, 'before'),
      after === undefined ? null : valueTree(after, 'after'),
      el('div', { class: 'lack', text: `${before === undefined ? 'before' : 'after'} the call: not captured` }),
    ]);
  }
  const verdict =
    diff.length === 0 ? el('div', { class: 'muted', text: `unchanged: ${formatValue(after, 80)}` }) : diffList(diff);
  return section(title, [verdict, valueTree(before, 'before'), valueTree(after, 'after')]);
}
