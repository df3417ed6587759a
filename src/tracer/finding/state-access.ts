import type { StateChange, StateRead } from '../event/event.ts';
import type { CapturedValue } from '../event/value.ts';
import type { SpanInfo } from './span-info.ts';

/** One read or write of watched state. */
export interface Access {
  readonly seq: number;
  readonly t: number;
  readonly call: SpanInfo;
  readonly key: CapturedValue | null;
  /** Number of the place, to tell whether two accesses mean exactly the same key. */
  readonly place: Place;
  /** What was read, or what a write left behind. */
  readonly value: CapturedValue;
  /** Null for a read. */
  readonly write: Write | null;
}

/** What a write did, and on what it was based. */
export interface Write {
  readonly op: StateChange['op'];
  readonly before: CapturedValue;
  /** The call that read and wrote, and its last access before this write; null for a blind write. */
  readonly basis: Basis | null;
}

export interface Basis {
  /** The innermost span that saw the value before: the writing call itself or an ancestor that read through a helper. */
  readonly actor: SpanInfo;
  readonly access: Access;
}

/** What one span (with everything below it) last did with a place. */
interface Latest {
  read: boolean;
  access: Access;
}

/** Writes remembered per place: with more in between, only the latest are looked at. */
const MAX_WRITES = 512;
const MAX_DEPTH = 1_000;

/**
 * One watched place (holder, path and key) while somebody works with it: who saw what last, and the latest writes. Every
 * span on the way from an access up to its root is noted, so that finding who has read what is one step per ancestor.
 */
export class Place {
  /** The place of the whole path (iteration, size, clear, replacement); null for that one itself. */
  readonly whole: Place | null;
  readonly id: string;
  /** Writes to exactly this place, and for a whole path also to the keys below it, oldest first. */
  readonly writes: Access[] = [];
  readonly #latest = new Map<SpanInfo, Latest>();

  constructor(id: string, whole: Place | null) {
    this.id = id;
    this.whole = whole;
  }

  /** Whether nobody who is still remembered has touched it. */
  get idle(): boolean {
    return this.#latest.size === 0;
  }

  latest(span: SpanInfo): { readonly read: boolean; readonly access: Access } | undefined {
    return this.#latest.get(span);
  }

  /** Spans that have touched it. */
  spans(): Iterable<SpanInfo> {
    return this.#latest.keys();
  }

  /** Notes an access for its call and all ancestors; `touched` is told each span. */
  note(access: Access, touched: (span: SpanInfo, place: Place) => void): void {
    let span: SpanInfo | null = access.call;
    for (let depth = 0; span !== null && depth < MAX_DEPTH; depth++) {
      const latest = this.#latest.get(span);
      if (latest === undefined) {
        this.#latest.set(span, { read: access.write === null, access });
        touched(span, this);
      } else {
        latest.access = access;
        if (access.write === null) latest.read = true;
      }
      span = span.parent;
    }
  }

  noteWrite(access: Access): void {
    this.writes.push(access);
    if (this.writes.length > MAX_WRITES) this.writes.splice(0, MAX_WRITES / 2);
  }

  forget(span: SpanInfo): void {
    this.#latest.delete(span);
  }
}

/** What `call` (or the nearest ancestor that has read the place) last knew of it; null when nobody above it has read it. */
export function basisOf(place: Place, call: SpanInfo): Basis | null {
  let span: SpanInfo | null = call;
  for (let depth = 0; span !== null && depth < MAX_DEPTH; depth++) {
    const own = place.latest(span);
    const whole = place.whole?.latest(span);
    if (own?.read === true || whole?.read === true) {
      const access =
        own === undefined || (whole !== undefined && whole.access.seq > own.access.seq) ? whole?.access : own.access;
      return { actor: span, access: access as Access };
    }
    span = span.parent;
  }
  return null;
}

/** Whether some write to `place` (or to its whole path) has a seq strictly between the two. */
export function writtenBetween(place: Place, a: number, b: number): boolean {
  const low = Math.min(a, b);
  const high = Math.max(a, b);
  const between = (writes: readonly Access[], exact: boolean): boolean => {
    for (let i = writes.length - 1; i >= 0; i--) {
      const write = writes[i] as Access;
      if (write.seq <= low) return false;
      if (write.seq < high && (!exact || write.place === place.whole)) return true;
    }
    return false;
  };
  return between(place.writes, false) || (place.whole !== null && between(place.whole.writes, true));
}

/** The value an access shows. */
export function valueOfAccess(event: StateRead | StateChange): CapturedValue {
  return event.type === 'state.read' ? event.value : event.after;
}
