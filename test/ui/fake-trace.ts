import type { LiveTrace } from '../../src/adapter/live-trace.ts';
import type { TraceEvent } from '../../src/tracer/event/event.ts';
import type { Finding } from '../../src/tracer/finding/finding.ts';
import type { Plan } from '../../src/tracer/plan/plan.ts';
import type { Overhead, ProbeState, RecordingManifest } from '../../src/tracer/store/manifest.ts';
import type { Recording } from '../../src/tracer/store/recording.ts';

/** A trace without a process: the test appends the events. */
export class FakeTrace implements LiveTrace {
  readonly recording: Recording;
  readonly directory = '';
  attached = true;
  readonly #listeners = new Set<(events: readonly TraceEvent[]) => void>();

  constructor(recording: Recording) {
    this.recording = recording;
  }

  append(events: readonly TraceEvent[]): void {
    this.recording.append(events);
    for (const listener of this.#listeners) listener(events);
  }

  onEvents(listener: (events: readonly TraceEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onProbes(): () => void {
    return () => undefined;
  }

  onFindings(): () => void {
    return () => undefined;
  }

  onClosed(): () => void {
    return () => undefined;
  }

  planFor(): Promise<Plan> {
    return Promise.resolve(this.recording.manifest.plan);
  }

  install(): Promise<readonly ProbeState[]> {
    return Promise.resolve(this.probes());
  }

  probes(): readonly ProbeState[] {
    return this.recording.manifest.probes;
  }

  overhead(): Overhead | null {
    return this.recording.manifest.overhead;
  }

  findings(): readonly Finding[] {
    return this.recording.manifest.findings;
  }

  stop(): Promise<RecordingManifest> {
    this.attached = false;
    return Promise.resolve(this.recording.manifest);
  }
}
