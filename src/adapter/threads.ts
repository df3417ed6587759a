import type { Nanoseconds } from '../tracer/event/ids.ts';
import type { Recording } from '../tracer/store/recording.ts';
import type { Span } from '../tracer/store/span.ts';
import { ancestorsOf, rootsUnderWay } from './call-stack.ts';
import { targetLabel } from './target-name.ts';

/** A thread of the debugger: one request (or other root) in flight at the playhead, or a target in which nothing is. */
export interface TraceThread {
  readonly id: number;
  readonly name: string;
  readonly root: Span | null;
}

/** Gives each target and each root one small number for the whole session, as the protocol wants. */
export class ThreadTable {
  readonly #ids = new Map<string, number>();

  /** One thread per target: what is shown while the recording goes on. */
  running(recording: Recording): TraceThread[] {
    const { targets } = recording.manifest;
    if (targets.length === 0) return [{ id: this.#id('target:0'), name: 'recording', root: null }];
    return targets.map((target) => ({ id: this.#id(`target:${target.id}`), name: targetLabel(target), root: null }));
  }

  /** One thread per root in flight at `t`, and one for each target in which nothing is. */
  frozen(recording: Recording, t: Nanoseconds): TraceThread[] {
    const roots = rootsUnderWay(recording, t);
    const busy = new Set<number>(roots.map((root) => root.target));
    const many = recording.manifest.targets.length > 1;
    const threads = roots.map((root) => {
      const target = recording.manifest.targets.find((candidate) => candidate.id === root.target);
      const where = many && target !== undefined ? ` · ${targetLabel(target)}` : '';
      return { id: this.#id(`root:${root.call}`), name: `${root.name}${where}`, root };
    });
    const idle = recording.manifest.targets
      .filter((target) => !busy.has(target.id))
      .map((target) => ({
        id: this.#id(`target:${target.id}`),
        name: `${targetLabel(target)}: nothing traced in flight`,
        root: null,
      }));
    const all = [...threads, ...idle];
    return all.length === 0 ? this.running(recording) : all;
  }

  #id(key: string): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    this.#ids.set(key, id);
    return id;
  }
}

/** The thread to show first: that of the call `preferred`, else of the root that started last, else the first. */
export function threadToShow(
  recording: Recording,
  threads: readonly TraceThread[],
  preferred: number | null,
): TraceThread | undefined {
  if (preferred !== null) {
    const above = ancestorsOf(recording, preferred);
    const own = threads.find((thread) => thread.root !== null && above.has(thread.root.call));
    if (own !== undefined) return own;
  }
  return threads.filter((thread) => thread.root !== null).at(-1) ?? threads[0];
}
