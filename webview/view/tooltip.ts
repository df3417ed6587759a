import type { TimelineMarker } from '../../src/tracer/query/timeline-window.ts';
import type { Box } from '../model/boxes.ts';
import { oneLine, plural } from '../model/text.ts';
import { formatDuration, formatTime } from '../model/time.ts';
import { el, fill } from './dom.ts';

export interface Tip {
  readonly title: string;
  readonly lines: readonly string[];
}

export function boxTip(box: Box, track: string): Tip {
  const length = box.open ? `running for ${formatDuration(box.end - box.start)}` : formatDuration(box.end - box.start);
  const what = { call: 'call', http: 'HTTP request', db: 'database query' }[box.kind];
  return {
    title: oneLine(box.name, 240),
    lines: [
      box.count > 1 ? `${plural(box.count, 'call')} in ${length}; zoom in to tell them apart` : `${what}, ${length}`,
      ...(box.failed ? [box.count > 1 ? 'at least one failed' : 'failed'] : []),
      `at ${formatTime(box.start, 1_000)}, ${oneLine(track, 80)}`,
    ],
  };
}

export function markerTip(marker: TimelineMarker): Tip {
  const times = marker.count > 1 ? [`${marker.count.toLocaleString('en')} times`] : [];
  return { title: oneLine(marker.text, 240), lines: [...times, `at ${formatTime(marker.from, 1_000)}`] };
}

/** What is under the pointer. Says nothing that selecting does not say too, so it is hidden from screen readers. */
export class Tooltip {
  readonly element = el('div', { class: 'tooltip', attributes: { 'aria-hidden': 'true' } });

  constructor() {
    this.element.hidden = true;
  }

  show(event: PointerEvent, tip: Tip): void {
    fill(this.element, [
      el('div', { class: 'tooltip-title', text: tip.title }),
      ...tip.lines.map((line) => el('div', { text: line })),
    ]);
    this.element.hidden = false;
    const { width, height } = this.element.getBoundingClientRect();
    const x = Math.max(Math.min(event.clientX + 12, window.innerWidth - width - 6), 4);
    const below = event.clientY + 18;
    const y = below + height > window.innerHeight ? event.clientY - height - 10 : below;
    this.element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
