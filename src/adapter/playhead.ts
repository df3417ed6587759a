import type { Nanoseconds } from '../tracer/event/ids.ts';
import type { Recording } from '../tracer/store/recording.ts';

/** Who moved the playhead, so that nobody answers to his own move. */
export type Mover = 'debugger' | 'cinema' | 'editor';

export interface PlayheadMove {
  readonly by: Mover;
  readonly live: boolean;
  readonly t: Nanoseconds;
}

/** The moment at which cinema, editor and debugger stand: the edge of a live recording, or a frozen time. */
export class Playhead {
  readonly #recording: Recording;
  #frozen: Nanoseconds | null;
  readonly #listeners = new Set<(move: PlayheadMove) => void>();
  /** The call that is being looked at; where several are in flight, the debugger shows this one. */
  call: number | null = null;

  /** `live`: follows the edge until frozen. */
  constructor(recording: Recording, live: boolean) {
    this.#recording = recording;
    this.#frozen = live ? null : recording.range().from;
  }

  get live(): boolean {
    return this.#frozen === null;
  }

  /** Nanoseconds since the recording's origin. */
  get t(): Nanoseconds {
    return this.#frozen ?? this.#recording.range().to;
  }

  /** Stands still at `t`, or where it is; inside the recording. */
  freeze(by: Mover, t: number = this.t): void {
    const { from, to } = this.#recording.range();
    const at = Math.min(Math.max(t, from), to) as Nanoseconds;
    if (this.#frozen === at) return;
    this.#frozen = at;
    this.#tell(by);
  }

  /** Goes on with the recording. */
  follow(by: Mover): void {
    if (this.#frozen === null) return;
    this.#frozen = null;
    this.#tell(by);
  }

  /** Returns the undo. */
  onMove(listener: (move: PlayheadMove) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(by: Mover): void {
    const move = { by, live: this.live, t: this.t };
    for (const listener of this.#listeners) {
      try {
        listener(move);
      } catch (error) {
        console.error('NodeScope: a playhead listener failed', error);
      }
    }
  }
}
