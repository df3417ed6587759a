import type { StateChange, StateRead, TraceEvent } from '../event/event.ts';
import type { CallId, EventSeq, Nanoseconds, ObjectId } from '../event/ids.ts';
import { type CapturedValue, sameValue } from '../event/value.ts';
import type { Detector, DetectorContext } from './detector.ts';
import type { Finding, LostUpdateAccess, LostUpdateDetails } from './finding.ts';
import { lostUpdateText, nameOfSpan } from './lost-update-text.ts';
import { isWithin, type SpanInfo } from './span-info.ts';
import { type Access, type Basis, basisOf, Place, valueOfAccess, writtenBetween } from './state-access.ts';
import { isComparable, isHarmless } from './write-effect.ts';

const MAX_PLACES = 100_000;
const MAX_CAUSES = 1_000;
/** Writes of others that are looked at per write, the latest first. */
const MAX_LOOKED_AT = 64;
/** Occurrences whose evidence is kept. */
const MAX_EVIDENCE = 5;

/** Two writes of which the later one did not know the earlier. */
interface Conflict {
  readonly lost: Access;
  readonly lostBasis: Basis;
  readonly by: Access;
  readonly byBasis: Basis;
}

interface Cause {
  readonly id: string;
  readonly first: Conflict;
  readonly details: Finding['details'];
  readonly text: { readonly title: string; readonly explanation: string; readonly suggestion: string };
  readonly location: Finding['location'];
  readonly confidence: Finding['confidence'];
  count: number;
  lastAt: number;
  readonly events: EventSeq[];
  readonly calls: CallId[];
  kept: number;
}

/**
 * Lost updates: B reads a place of watched state, A (neither an ancestor of the other) which had read the same
 * writes it, then B writes it without having looked again. The triple read-write(remote)-write of atomicity violations (Lu et
 * al., ASPLOS 2006; NodeAV), judged on the order that was observed. Two requests of one server are actors like any others:
 * they are the classic case. That the two overlap needs no test of its own: A writes between B's read and B's write.
 */
export class LostUpdateDetector implements Detector {
  readonly name = 'lost-update';
  readonly #places = new Map<string, Place>();
  readonly #touched = new Map<SpanInfo, Set<Place>>();
  readonly #causes = new Map<string, Cause>();

  observe(event: TraceEvent, context: DetectorContext): void {
    if (event.type !== 'state.read' && event.type !== 'state.change') return;
    // Nobody's access: it cannot be told from other nobodies.
    if (event.call === null) return;
    const call = context.spans.of(event.call, event.target);
    const place = this.#place(event);
    const isWrite = event.type === 'state.change';
    const basis = isWrite ? basisOf(place, call) : null;
    const write = isWrite ? { op: event.op, before: event.before, basis } : null;
    const { seq, t, key } = event;
    const access: Access = { seq, t, call, key, place, value: valueOfAccess(event), write };
    if (isWrite && basis !== null) {
      const conflict = this.#conflict(access, basis);
      if (conflict !== null) this.#add(event, conflict, context);
    }
    place.note(access, this.#touch);
    if (isWrite) {
      place.noteWrite(access);
      place.whole?.noteWrite(access);
    }
  }

  forget(span: SpanInfo): void {
    const places = this.#touched.get(span);
    if (places === undefined) return;
    this.#touched.delete(span);
    for (const place of places) {
      place.forget(span);
      if (place.idle) this.#places.delete(place.id);
    }
  }

  findings(): Finding[] {
    const causes = [...this.#causes.values()];
    // Calls already running at the attach are known by their request alone: the same cause, seen less well.
    const seenWell = new Set(causes.filter((cause) => !byRequest(cause)).map(pathOf));
    const shown = causes.filter((cause) => !byRequest(cause) || !seenWell.has(pathOf(cause)));
    return shown.map((cause) => ({
      id: cause.id,
      detector: this.name,
      ...cause.text,
      severity: 'error',
      confidence: cause.confidence,
      location: cause.location,
      count: cause.count,
      firstAt: cause.first.by.t as Nanoseconds,
      lastAt: cause.lastAt as Nanoseconds,
      evidence: { events: [...cause.events], calls: [...cause.calls] },
      details: cause.details,
    }));
  }

  readonly #touch = (span: SpanInfo, place: Place): void => {
    let places = this.#touched.get(span);
    if (places === undefined) {
      places = new Set();
      this.#touched.set(span, places);
    }
    places.add(place);
  };

  #place(event: StateRead | StateChange): Place {
    const wholeId = `${event.target}:${event.holder}:${event.path}`;
    const whole = this.#intern(wholeId, null);
    if (event.key === null) return whole;
    return this.#intern(`${wholeId}\u0000${JSON.stringify(event.key)}`, whole);
  }

  #intern(id: string, whole: Place | null): Place {
    let place = this.#places.get(id);
    if (place === undefined || place.whole !== whole) {
      place = new Place(id, whole);
      this.#places.set(id, place);
      if (this.#places.size > MAX_PLACES) {
        for (const oldest of this.#places.values()) {
          this.#places.delete(oldest.id);
          for (const span of oldest.spans()) this.#touched.get(span)?.delete(oldest);
          break;
        }
      }
    }
    return place;
  }

  /** The latest write of somebody else that `by` overwrites without having seen it. */
  #conflict(by: Access, byBasis: Basis): Conflict | null {
    const since = byBasis.access.seq;
    const { place } = by;
    const writes = place.whole === null ? place.writes : merged(place.writes, place.whole.writes, place.whole, since);
    let looked = 0;
    for (let i = writes.length - 1; i >= 0 && looked < MAX_LOOKED_AT; i--, looked++) {
      const lost = writes[i] as Access;
      if (lost.seq <= since) return null;
      const lostBasis = lost.write?.basis ?? null;
      if (lostBasis === null) continue;
      if (isWithin(lostBasis.actor, byBasis.actor) || isWithin(byBasis.actor, lostBasis.actor)) continue;
      if (!sawTheSame(lost, lostBasis, by, byBasis) || isHarmless(lost, lostBasis, by)) continue;
      return { lost, lostBasis, by, byBasis };
    }
    return null;
  }

  #add(event: StateChange, conflict: Conflict, context: DetectorContext): void {
    const { lost, lostBasis, by, byBasis } = conflict;
    const names = [nameOfSpan(lostBasis.actor, context, true), nameOfSpan(byBasis.actor, context, true)].sort();
    const id = `lost-update:${event.path}:${names.join('|')}`;
    let cause = this.#causes.get(id);
    if (cause === undefined) {
      if (this.#causes.size >= MAX_CAUSES) return;
      const details = {
        kind: 'lost-update',
        path: event.path,
        holder: event.holder as ObjectId,
        key: lost.place.whole === null ? by.key : lost.key,
        lost: shown(lost, lostBasis, context),
        by: shown(by, byBasis, context),
      } as const;
      const probe = byBasis.actor.probe ?? by.call.probe;
      const exact =
        lostBasis.access.place === lost.place && byBasis.access.place === by.place && lost.place === by.place;
      const areCalls = lostBasis.actor.kind !== 'http' && byBasis.actor.kind !== 'http';
      cause = {
        id,
        first: conflict,
        details,
        text: lostUpdateText(details),
        location: probe === null ? null : (context.probeOf(probe)?.location ?? null),
        // The order was observed; what is guessed is that a request's or an iteration's read led to the write.
        confidence: exact && areCalls ? 'high' : 'medium',
        count: 0,
        lastAt: 0,
        events: [],
        calls: [],
        kept: 0,
      };
      this.#causes.set(id, cause);
    }
    cause.count++;
    cause.lastAt = by.t;
    if (cause.kept >= MAX_EVIDENCE) return;
    cause.kept++;
    const seqs = [lostBasis.access.seq, byBasis.access.seq, lost.seq, by.seq].sort((a, b) => a - b);
    cause.events.push(...(seqs as EventSeq[]));
    for (const { actor } of [lostBasis, byBasis]) if (!cause.calls.includes(actor.call)) cause.calls.push(actor.call);
  }
}

/** Both based their write on the same value: shown by the copies, or else by there being no write between their looks. */
function sawTheSame(lost: Access, lostBasis: Basis, by: Access, byBasis: Basis): boolean {
  const a = lostBasis.access;
  const b = byBasis.access;
  if (a.place === b.place && a.place === by.place && isComparable(a.value) && isComparable(b.value)) {
    return sameValue(a.value, b.value);
  }
  const place = lost.place.whole === null ? by.place : lost.place;
  return !writtenBetween(place, a.seq, b.seq);
}

/** The writes to a key and those to its whole path after `since`, in order. */
function merged(own: readonly Access[], whole: readonly Access[], wholePlace: Place, since: number): readonly Access[] {
  const after = (writes: readonly Access[]): Access[] => {
    let i = writes.length;
    while (i > 0 && (writes[i - 1] as Access).seq > since) i--;
    return writes.slice(i);
  };
  const resets = after(whole).filter((write) => write.place === wholePlace);
  if (resets.length === 0) return own;
  return [...after(own), ...resets].sort((a, b) => a.seq - b.seq);
}

function shown(access: Access, basis: Basis, context: DetectorContext): LostUpdateAccess {
  return {
    call: basis.actor.call,
    function: nameOfSpan(basis.actor, context, false),
    args: basis.actor.args as readonly CapturedValue[],
    readAt: basis.access.t as Nanoseconds,
    read: basis.access.value,
    wroteAt: access.t as Nanoseconds,
    wrote: access.value,
  };
}

function detailsOf(cause: Cause): LostUpdateDetails | null {
  return cause.details.kind === 'lost-update' ? cause.details : null;
}

const pathOf = (cause: Cause): string => detailsOf(cause)?.path ?? '';

/** Whether one side is known as a request only; the names of functions hold no blank. */
function byRequest(cause: Cause): boolean {
  const details = detailsOf(cause);
  return details !== null && (details.lost.function.includes(' ') || details.by.function.includes(' '));
}
