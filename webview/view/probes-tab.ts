import type { ProbeState } from '../../src/tracer/store/manifest.ts';
import type { AppState } from '../model/app-state.ts';
import type { Controller } from '../model/controller.ts';
import { oneLine, visible } from '../model/text.ts';
import { formatCount } from '../model/time.ts';
import { dataGrid } from '../ui/toolkit.ts';
import { el, fill } from './dom.ts';
import { locationLink, nothing } from './parts.ts';

/** Every probe: how it is reached, whether it works and, when not, why. */
export class ProbesTab {
  readonly element = el('div', { class: 'tab probes' });
  readonly #cinema: Controller;
  readonly #grid = dataGrid(
    'Probes',
    ['Probe', 'Status', 'Calls', 'Source'],
    'minmax(90px, 2fr) minmax(80px, 2fr) 54px minmax(70px, 1fr)',
  );
  readonly #empty = nothing('No probes', 'The plan has not been installed yet, or it asks for nothing.');
  #shown: unknown;

  constructor(cinema: Controller) {
    this.#cinema = cinema;
    fill(this.element, [this.#empty, this.#grid.element]);
  }

  render(state: AppState): void {
    if (state.probes === this.#shown || state.tab !== 'probes') return;
    this.#shown = state.probes;
    this.#empty.hidden = state.probes.length > 0;
    this.#grid.element.hidden = state.probes.length === 0;
    this.#grid.setRows(state.probes.map((probe) => this.#row(probe)));
  }

  #row(probe: ProbeState): Node[] {
    const prediction = probe.predictedCallsPerSecond;
    return [
      el('span', { title: visible(probe.at) }, [
        el('span', { class: 'strong', text: oneLine(probe.name, 120) }),
        el('span', { class: 'muted', text: ` ${probe.kind}` }),
      ]),
      el('span', {}, [
        el('span', { class: `chip status-${probe.status}`, text: probe.status }),
        el('span', { class: 'muted', text: ` ${probe.engine === 'none' ? '' : probe.engine}` }),
        probe.reason === '' ? null : el('span', { class: 'reason', text: visible(probe.reason) }),
      ]),
      el('span', {
        class: 'number',
        text: formatCount(probe.calls),
        title: [
          probe.calls.toLocaleString('en'),
          prediction === null ? '' : `${formatCount(Math.round(prediction))} per second predicted`,
          probe.audit === null ? '' : `V8 counted ${probe.audit.v8}, recorded ${probe.audit.recorded}`,
        ]
          .filter((part) => part !== '')
          .join('; '),
      }),
      probe.location === null ? el('span', { class: 'muted', text: '–' }) : locationLink(this.#cinema, probe.location),
    ];
  }
}
