import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '../../../src/tracer/plan/plan.ts';
import type { RecordingManifest } from '../../../src/tracer/store/manifest.ts';
import { newRecordingId } from '../../../src/tracer/store/recording-id.ts';
import { PROBES, probeState } from '../finding/trace.ts';

/** A manifest with the probes of the traces in these tests. */
export function manifest(patch: Partial<RecordingManifest> = {}): RecordingManifest {
  return {
    version: 1,
    id: newRecordingId(),
    originMs: 1_700_000_000_000,
    endedMs: null,
    state: 'recording',
    writerPid: process.pid,
    question: 'Why do two users get the same task?',
    plan: { version: 1, strategy: 'balanced', limits: DEFAULT_LIMITS, probes: [] },
    targets: [
      {
        id: 1 as never,
        pid: 4711,
        title: 'server.js',
        argv: ['node', 'server.js'],
        cwd: '/app',
        nodeVersion: 'v24.0.0',
      },
    ],
    probes: PROBES.flatMap((_, i) => probeState(i + 1) ?? []),
    findings: [],
    overhead: null,
    dropped: 0,
    segments: [],
    ...patch,
  };
}

const made: string[] = [];

/** A folder of its own, removed by `removeFolders`. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'nodescope-store-'));
  made.push(path);
  return path;
}

export function removeFolders(): void {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
}
