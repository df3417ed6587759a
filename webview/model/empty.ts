import type { ProbeState } from '../../src/tracer/store/manifest.ts';
import { oneLine, plural } from './text.ts';

/** Why nothing shows, and what to do. */
export interface EmptyReason {
  readonly title: string;
  readonly lines: readonly string[];
  /** Something is being waited for: the view shows that it is alive. */
  readonly waiting: boolean;
}

export interface EmptyInput {
  /** false until the host has sent `init`. */
  readonly connected: boolean;
  readonly live: boolean;
  readonly calls: number;
  readonly events: number;
  readonly dropped: number;
  readonly probes: readonly Pick<ProbeState, 'status' | 'at' | 'reason'>[];
  /** Boxes within the viewport; null while the window is still loading. */
  readonly inView: number | null;
}

/** The reason why the timeline is empty, or null when it is not (or it is not known yet). */
export function emptyReason(input: EmptyInput): EmptyReason | null {
  if (!input.connected) {
    return {
      title: 'Waiting for NodeScope',
      lines: ['The panel has loaded and is waiting for the recording.'],
      waiting: true,
    };
  }
  if (input.inView !== null && input.inView > 0) return null;
  if (input.calls > 0) {
    if (input.inView === null) return null;
    return {
      title: 'No calls in this stretch of time',
      lines: [
        `The recording holds ${plural(input.calls, 'call')}. Press 0 to see all of it, or . and , to go to the next or previous.`,
      ],
      waiting: false,
    };
  }
  return input.live ? nothingYet(input) : nothingAtAll(input);
}

function nothingYet({ probes }: EmptyInput): EmptyReason {
  if (probes.length === 0) {
    return {
      title: 'Installing probes',
      lines: ['The process is attached; no probe is installed yet.'],
      waiting: true,
    };
  }
  const installed = probes.filter((probe) => probe.status === 'installed' || probe.status === 'limited').length;
  const waiting = probes.filter((probe) => probe.status === 'waiting').length;
  if (installed + waiting === 0) return { title: 'No probe matched', lines: why(probes), waiting: false };
  return {
    title: 'Waiting for the first call',
    lines: [
      `${plural(installed, 'probe')} installed, ${waiting} waiting for their function to run once.`,
      'Nothing they watch has run since the recording began. Send the application a request.',
      ...why(probes),
    ],
    waiting: true,
  };
}

function nothingAtAll({ probes, events, dropped }: EmptyInput): EmptyReason {
  const lines = [
    `Nothing that its ${plural(probes.length, 'probe')} watched ran while it was recorded (${plural(events, 'event')}).`,
  ];
  if (dropped > 0)
    lines.push(`${plural(dropped, 'event')} could not be kept: the buffer or a limit of the plan was full.`);
  return { title: 'This recording holds no calls', lines: [...lines, ...why(probes)], waiting: false };
}

function why(probes: EmptyInput['probes']): string[] {
  return probes
    .filter((probe) => probe.reason !== '')
    .slice(0, 5)
    .map((probe) => `${oneLine(probe.at, 120)}: ${oneLine(probe.reason, 240)}`);
}
