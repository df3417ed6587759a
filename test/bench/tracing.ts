import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_LIMITS, type Plan, type PlanProbe } from '../../src/tracer/plan/plan.ts';
import { type AttachOptions, TraceSession } from '../../src/tracer/session/session.ts';

const WAIT_MS = 20_000;

/** More than any bench target makes, so that only the transport bounds. */
export const UNLIMITED = { eventsPerSecond: 1_000_000_000, memoryMB: 256 } as const;

/** Runs `work` attached to process `pid`, with the recording in a folder that goes afterwards. */
export async function traced<T>(
  pid: number,
  options: Omit<AttachOptions, 'targets' | 'out'>,
  work: (session: TraceSession) => Promise<T>,
): Promise<T> {
  const out = mkdtempSync(join(tmpdir(), 'nodescope-bench-'));
  const session = await TraceSession.attach({ targets: [{ pid }], out, ...options });
  try {
    return await work(session);
  } finally {
    await session.stop();
    session.recording.close();
    rmSync(out, { recursive: true, force: true });
  }
}

export function planOf(probes: readonly PlanProbe[]): Plan {
  return { version: 1, strategy: 'full', limits: DEFAULT_LIMITS, probes };
}

/** A function probe with arguments and result. */
export function functionAt(at: string): PlanProbe {
  return { kind: 'function', at, capture: ['args', 'return'] };
}

/** Polls until `holds`; an Error that says what was awaited when it never does. */
export async function until(what: string, holds: () => boolean, everyMs = 5): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited ${WAIT_MS / 1000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Waits until every function probe is bound to a wrapper and its breakpoint gone; the target must be calling them. */
export function untilBound(session: TraceSession): Promise<void> {
  return until('all probes rebound', () =>
    session
      .probes()
      .filter((probe) => probe.kind === 'function')
      .every((probe) => probe.engine === 'rebind'),
  );
}
