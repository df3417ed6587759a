import type { SpanEndEvent, SpanStartEvent } from '../event/event.ts';
import type { CallId, TargetId } from '../event/ids.ts';
import { isWithin, type SpanInfo, spanInfo, startSpan } from './span-info.ts';

/** Ended spans are remembered this many ends longer: callbacks go on in the name of a call that has returned. */
const REMEMBERED = 8_192;
/** Spans known at most, ended or not: ends may be lost. */
const MAX_SPANS = 200_000;

/** The spans that are running or ended a moment ago. */
export class LiveSpans {
  readonly #spans = new Map<number, SpanInfo>();
  readonly #ended: (SpanInfo | undefined)[] = new Array(REMEMBERED).fill(undefined);
  #next = 0;
  readonly #forget: (span: SpanInfo) => void;

  /** `forget` is called for each span that is dropped. */
  constructor(forget: (span: SpanInfo) => void) {
    this.#forget = forget;
  }

  get size(): number {
    return this.#spans.size;
  }

  get(call: number): SpanInfo | undefined {
    return this.#spans.get(call);
  }

  /** The span of a call; one whose start was not seen is made up. */
  of(call: CallId, target: TargetId): SpanInfo {
    const known = this.#spans.get(call);
    if (known !== undefined) return known;
    const made = spanInfo(call, target);
    this.#spans.set(call, made);
    if (this.#spans.size > MAX_SPANS) this.#dropOldest();
    return made;
  }

  start(event: SpanStartEvent): void {
    const info = this.of(event.call, event.target);
    if (info.start !== null) return;
    const hasParent = event.parent !== null && event.parent !== event.call;
    const parent = hasParent ? this.of(event.parent as CallId, event.target) : null;
    startSpan(info, event, parent !== null && !isWithin(parent, info) ? parent : null);
  }

  end(event: SpanEndEvent): void {
    const info = this.#spans.get(event.call);
    if (info === undefined || info.end !== null) return;
    info.end = event.t;
    const slot = this.#next++ % REMEMBERED;
    const oldest = this.#ended[slot];
    this.#ended[slot] = info;
    if (oldest !== undefined) this.#drop(oldest);
  }

  #drop(span: SpanInfo): void {
    if (this.#spans.get(span.call) !== span) return;
    this.#spans.delete(span.call);
    this.#forget(span);
  }

  #dropOldest(): void {
    for (const span of this.#spans.values()) {
      this.#drop(span);
      return;
    }
  }
}
