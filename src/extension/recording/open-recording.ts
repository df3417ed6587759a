import type { LiveTrace } from '../../adapter/live-trace.ts';
import { Playhead } from '../../adapter/playhead.ts';
import { targetLabel } from '../../adapter/target-name.ts';
import type { Finding } from '../../tracer/finding/finding.ts';
import type { Overhead, ProbeState } from '../../tracer/store/manifest.ts';
import type { Recording } from '../../tracer/store/recording.ts';

/** What has changed: more events, the probes' states, the findings, or that there is no more to come. */
export type RecordingChange = 'events' | 'probes' | 'findings' | 'stopped';

/** A recording that is being shown, live or from disk, with its playhead. */
export class OpenRecording {
  readonly recording: Recording;
  readonly playhead: Playhead;
  #trace: LiveTrace | null;
  readonly #listeners = new Set<(change: RecordingChange) => void>();
  readonly #undo: (() => void)[] = [];

  private constructor(recording: Recording, playhead: Playhead, trace: LiveTrace | null) {
    this.recording = recording;
    this.playhead = playhead;
    this.#trace = trace;
    if (trace === null) return;
    this.#undo.push(
      trace.onEvents(() => this.#tell('events')),
      trace.onProbes(() => this.#tell('probes')),
      trace.onFindings(() => this.#tell('findings')),
    );
  }

  static live(trace: LiveTrace, playhead: Playhead): OpenRecording {
    return new OpenRecording(trace.recording, playhead, trace);
  }

  static stored(recording: Recording): OpenRecording {
    return new OpenRecording(recording, new Playhead(recording, false), null);
  }

  get id(): string {
    return this.recording.manifest.id;
  }

  /** Names of the targets, for people. */
  get title(): string {
    const names = this.recording.manifest.targets.map(targetLabel);
    return names.length === 0 ? this.id : names.join(', ');
  }

  get live(): boolean {
    return this.#trace !== null;
  }

  get trace(): LiveTrace | null {
    return this.#trace;
  }

  probes(): readonly ProbeState[] {
    return this.#trace?.probes() ?? this.recording.manifest.probes;
  }

  findings(): readonly Finding[] {
    return this.#trace?.findings() ?? this.recording.manifest.findings;
  }

  overhead(): Overhead | null {
    return this.#trace?.overhead() ?? this.recording.manifest.overhead;
  }

  /** Returns the undo. */
  onChange(listener: (change: RecordingChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The trace has ended; the recording stays as it is, and can still be looked at. */
  ended(): void {
    if (this.#trace === null) return;
    for (const undo of this.#undo.splice(0)) undo();
    this.#trace = null;
    this.playhead.freeze('editor');
    this.#tell('stopped');
  }

  /** Lets go of files and listeners. */
  close(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#listeners.clear();
    this.recording.close();
  }

  #tell(change: RecordingChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        console.error('NodeScope: a listener failed', error);
      }
    }
  }
}
