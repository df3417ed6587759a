import { formatArgs, formatValue } from '../../src/tracer/event/format.ts';
import type { Finding, LostUpdateDetails, NPlusOneDetails } from '../../src/tracer/finding/finding.ts';
import type { AppState } from '../model/app-state.ts';
import type { Controller } from '../model/controller.ts';
import { evidenceOf } from '../model/evidence.ts';
import { oneLine, plural, shortPlace, visible } from '../model/text.ts';
import { formatTime } from '../model/time.ts';
import { el, fill, link } from './dom.ts';
import { nothing } from './parts.ts';

const RANK = { error: 0, warning: 1, info: 2 } as const;

/** What the detectors concluded, each with links to its evidence. */
export class FindingsTab {
  readonly element = el('div', { class: 'tab findings' });
  readonly #cinema: Controller;
  #findings: unknown;
  #current: string | null | undefined;
  #live: boolean | undefined;

  constructor(cinema: Controller) {
    this.#cinema = cinema;
  }

  render(state: AppState): void {
    const live = state.mode !== 'stopped';
    if (state.findings === this.#findings && state.finding === this.#current && live === this.#live) return;
    this.#findings = state.findings;
    this.#current = state.finding;
    this.#live = live;
    const focused = document.activeElement?.closest('[data-finding]')?.getAttribute('data-finding') ?? null;
    if (state.findings.length === 0) {
      const why = live
        ? 'The detectors look at every call as it comes in; so far nothing is wrong with what was recorded.'
        : 'The detectors found nothing wrong with what was recorded. They only see what the probes captured.';
      fill(this.element, [nothing('No findings', why)]);
      return;
    }
    const sorted = [...state.findings].sort((a, b) => RANK[a.severity] - RANK[b.severity] || a.firstAt - b.firstAt);
    const cards = sorted.map((finding) => this.#card(finding, finding.id === state.finding));
    fill(this.element, [el('ul', { class: 'cards', attributes: { 'aria-label': 'Findings' } }, cards)]);
    cards.find((card) => card.getAttribute('aria-current') === 'true')?.scrollIntoView({ block: 'nearest' });
    // Rebuilding must not lose the place of a keyboard user.
    if (focused !== null) {
      const card = cards.find((candidate) => candidate.dataset.finding === focused);
      card?.querySelector('button')?.focus();
    }
  }

  #card(finding: Finding, current: boolean): HTMLElement {
    const cinema = this.#cinema;
    const title = link(visible(finding.title), 'Go to this moment and mark the calls that prove it', () =>
      cinema.showFinding(finding.id),
    );
    const card = el('li', { class: `card finding severity-${finding.severity}${current ? ' latest' : ''}` }, [
      el('div', { class: 'card-head' }, [
        el('span', { class: `chip severity-${finding.severity}`, text: finding.severity }),
        el('h3', {}, [title]),
      ]),
      el('div', { class: 'facts' }, [
        this.#place(finding),
        el('span', {
          class: 'muted',
          text: `${plural(finding.count, 'time')}, first at ${formatTime(finding.firstAt, 1e6)}`,
        }),
        el('span', { class: 'muted', text: `confidence ${visible(finding.confidence)}` }),
      ]),
      el('p', { class: 'explanation', text: visible(finding.explanation) }),
      detailsOf(finding.details),
      finding.suggestion === '' ? null : el('p', { class: 'suggestion', text: visible(finding.suggestion) }),
      this.#evidence(finding),
    ]);
    card.dataset.finding = finding.id;
    if (current) card.setAttribute('aria-current', 'true');
    return card;
  }

  /** The host knows the place; it is opened by the finding's name. */
  #place(finding: Finding): HTMLElement {
    const { location, id } = finding;
    if (location === null) return el('span', { class: 'muted', text: 'source line unknown' });
    const place = shortPlace(location.file, location.line);
    return link(place, `Open ${oneLine(location.file, 300)}:${location.line}`, () => this.#cinema.openFinding(id));
  }

  #evidence(finding: Finding): HTMLElement | null {
    const evidence = evidenceOf(finding);
    if (evidence.length === 0) return null;
    const links = evidence.map((item) => {
      const at = item.t === null ? '' : ` at ${formatTime(item.t, 1_000)}`;
      const go = (): void => this.#cinema.showEvidence(item, finding.firstAt);
      return el('li', {}, [
        link(visible(item.label), `Select this call${at}`, go),
        item.t === null ? null : el('span', { class: 'muted', text: at }),
      ]);
    });
    return el('div', { class: 'evidence' }, [el('h4', { text: 'Evidence' }), el('ol', {}, links)]);
  }
}

function detailsOf(details: NPlusOneDetails | LostUpdateDetails): HTMLElement | null {
  if (details.kind === 'n-plus-one') return queryDetails(details);
  if (details.kind === 'lost-update') return updateDetails(details);
  return null;
}

function fact(name: string, value: string): HTMLElement {
  return el('div', {}, [el('dt', { text: name }), el('dd', { text: value })]);
}

function queryDetails(d: NPlusOneDetails): HTMLElement {
  return el('div', {}, [
    el('pre', { class: 'text code', text: visible(d.statement) }),
    el('dl', { class: 'facts' }, [
      fact(
        'per request',
        d.perRequest.max === d.perRequest.median
          ? `${d.perRequest.max}`
          : `${d.perRequest.median}, at most ${d.perRequest.max}`,
      ),
      fact('requests', String(d.requests)),
      fact('order', d.order),
      fact('share of time', `${Math.round(d.share * 100)} %`),
      fact('in', visible(d.root)),
    ]),
  ]);
}

/** Both calls side by side in the order of what they did: the interleaving is the proof. */
function updateDetails(d: LostUpdateDetails): HTMLElement {
  const key = d.key === null ? '' : `[${formatValue(d.key, 40)}]`;
  const steps = [
    { t: d.lost.readAt, column: 0, text: `reads ${formatValue(d.lost.read, 60)}` },
    { t: d.by.readAt, column: 1, text: `reads ${formatValue(d.by.read, 60)}` },
    { t: d.lost.wroteAt, column: 0, text: `writes ${formatValue(d.lost.wrote, 60)}` },
    { t: d.by.wroteAt, column: 1, text: `writes ${formatValue(d.by.wrote, 60)}` },
  ].sort((a, b) => a.t - b.t);
  const head = el('tr', {}, [
    el('th', { text: `${visible(d.path)}${key}`, attributes: { scope: 'col' } }),
    el('th', { text: `${visible(d.lost.function)}(${formatArgs(d.lost.args, 40)})`, attributes: { scope: 'col' } }),
    el('th', { text: `${visible(d.by.function)}(${formatArgs(d.by.args, 40)})`, attributes: { scope: 'col' } }),
  ]);
  const first = steps[0]?.t ?? 0;
  const rows = steps.map((step) =>
    el('tr', {}, [
      el('td', { class: 'number muted', text: `+${((step.t - first) / 1e6).toFixed(2)} ms` }),
      el('td', { text: step.column === 0 ? step.text : '' }),
      el('td', { text: step.column === 1 ? step.text : '' }),
    ]),
  );
  return el('table', { class: 'interleaving' }, [
    el('caption', { text: 'What the two calls did, in order' }),
    el('thead', {}, [head]),
    el('tbody', {}, rows),
  ]);
}
