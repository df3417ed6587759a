import { CUT, Enter, Exit, MISSING, OPS, Rec, Tag } from '../agent/wire.ts';
import type { CapturedValue } from '../event/value.ts';

/** A record of the agent's stream, decoded; ids are local to the target, times are nanoseconds of its own clock. */
export type AgentRecord =
  | {
      readonly kind: 'enter';
      readonly t: number;
      readonly probe: number;
      readonly call: number;
      readonly parent: number;
      readonly self: number;
      readonly args: readonly CapturedValue[] | null;
      readonly argc: number;
    }
  | {
      readonly kind: 'exit';
      readonly t: number;
      readonly probe: number;
      readonly call: number;
      readonly pending: boolean;
      readonly value: CapturedValue;
    }
  | {
      readonly kind: 'throw';
      readonly t: number;
      readonly probe: number;
      readonly call: number;
      readonly value: CapturedValue;
    }
  | {
      readonly kind: 'settle';
      readonly t: number;
      readonly probe: number;
      readonly call: number;
      readonly fulfilled: boolean;
      readonly value: CapturedValue;
    }
  | {
      readonly kind: 'snapshot';
      readonly t: number;
      readonly probe: number;
      readonly call: number;
      readonly after: boolean;
      readonly path: number;
      readonly holder: number;
      readonly value: CapturedValue;
    }
  | {
      readonly kind: 'read';
      readonly t: number;
      readonly probe: number;
      readonly by: number;
      readonly holder: number;
      readonly key: CapturedValue | null;
      readonly value: CapturedValue;
    }
  | {
      readonly kind: 'change';
      readonly t: number;
      readonly probe: number;
      readonly by: number;
      readonly holder: number;
      readonly key: CapturedValue | null;
      readonly op: (typeof OPS)[number];
      readonly before: CapturedValue;
      readonly after: CapturedValue;
    }
  | {
      readonly kind: 'http.start';
      readonly t: number;
      readonly call: number;
      readonly method: string;
      readonly url: string;
    }
  | {
      readonly kind: 'http.end';
      readonly t: number;
      readonly call: number;
      readonly status: number;
      readonly finished: boolean;
    }
  | {
      readonly kind: 'db.start';
      readonly t: number;
      readonly call: number;
      readonly parent: number;
      readonly site: number;
      readonly statement: CapturedValue;
      readonly params: CapturedValue;
    }
  | {
      readonly kind: 'db.end';
      readonly t: number;
      readonly call: number;
      readonly rows: number | null;
      readonly error: CapturedValue | null;
    }
  | { readonly kind: 'dropped'; readonly t: number; readonly count: number }
  | { readonly kind: 'site'; readonly t: number; readonly id: number; readonly frame: string }
  | { readonly kind: 'note'; readonly t: number; readonly probe: number; readonly note: number; readonly text: string };

/** More bytes than a record may have: the record is not complete yet. */
const INCOMPLETE = Symbol('incomplete');
const END = Symbol('end');
const MAX_NESTING = 64;
/** Far more than the agent's limits let a record have: what is still incomplete then never ends. */
const MAX_RECORD_BYTES = 4 << 20;

/** The stream is not what the agent writes: a bug or a hostile target; the session closes the target. */
export class StreamError extends Error {}

/** Decodes the agent's byte stream (agent/wire.ts) chunk by chunk. The bytes come from another process and are not trusted. */
export class StreamDecoder {
  private bytes: Buffer = Buffer.alloc(0);
  private pos = 0;
  private t = 0;

  /** All records that are complete with `chunk`. Throws `StreamError` on anything malformed. */
  push(chunk: Buffer): AgentRecord[] {
    this.bytes = this.pos >= this.bytes.length ? chunk : Buffer.concat([this.bytes.subarray(this.pos), chunk]);
    this.pos = 0;
    const records: AgentRecord[] = [];
    for (;;) {
      const start = this.pos;
      const before = this.t;
      try {
        if (start >= this.bytes.length) return records;
        records.push(this.record());
      } catch (error) {
        if (error !== INCOMPLETE) throw error;
        if (this.bytes.length - start > MAX_RECORD_BYTES) throw new StreamError('record too long');
        this.pos = start;
        this.t = before;
        return records;
      }
    }
  }

  private record(): AgentRecord {
    const kind = this.byte();
    this.t += this.varint();
    const t = this.t;
    switch (kind) {
      case Rec.enter: {
        const probe = this.varint();
        const call = this.varint();
        const parent = this.varint();
        const flags = this.byte();
        const self = flags & Enter.self ? this.varint() : 0;
        if (!(flags & Enter.args)) return { kind: 'enter', t, probe, call, parent, self, args: null, argc: 0 };
        const argc = this.varint();
        const args: CapturedValue[] = [];
        for (let left = this.varint(); left > 0; left--) args.push(this.value());
        return { kind: 'enter', t, probe, call, parent, self, args, argc };
      }
      case Rec.exit:
        return {
          kind: 'exit',
          t,
          probe: this.varint(),
          call: this.varint(),
          pending: (this.byte() & Exit.pending) !== 0,
          value: this.value(),
        };
      case Rec.throw:
        return { kind: 'throw', t, probe: this.varint(), call: this.varint(), value: this.value() };
      case Rec.settle:
        return {
          kind: 'settle',
          t,
          probe: this.varint(),
          call: this.varint(),
          fulfilled: this.byte() === 1,
          value: this.value(),
        };
      case Rec.snapshot:
        return {
          kind: 'snapshot',
          t,
          probe: this.varint(),
          call: this.varint(),
          after: this.byte() === 1,
          path: this.varint(),
          holder: this.varint(),
          value: this.value(),
        };
      case Rec.read:
        return { kind: 'read', t, ...this.access(), value: this.value() };
      case Rec.change:
        return {
          kind: 'change',
          t,
          ...this.access(),
          op: OPS[this.byte()] ?? 'set',
          before: this.value(),
          after: this.value(),
        };
      case Rec.httpStart:
        return { kind: 'http.start', t, call: this.varint(), method: this.text(), url: this.text() };
      case Rec.httpEnd:
        return { kind: 'http.end', t, call: this.varint(), status: this.varint(), finished: this.byte() === 1 };
      case Rec.dbStart:
        return {
          kind: 'db.start',
          t,
          call: this.varint(),
          parent: this.varint(),
          site: this.varint(),
          statement: this.value(),
          params: this.value(),
        };
      case Rec.dbEnd: {
        const call = this.varint();
        const rows = this.varint();
        return {
          kind: 'db.end',
          t,
          call,
          rows: rows === 0 ? null : rows - 1,
          error: this.byte() === 1 ? this.value() : null,
        };
      }
      case Rec.dropped:
        return { kind: 'dropped', t, count: this.varint() };
      case Rec.site:
        return { kind: 'site', t, id: this.varint(), frame: this.text() };
      case Rec.note:
        return { kind: 'note', t, probe: this.varint(), note: this.byte(), text: this.text() };
      default:
        throw new StreamError(`unknown record ${kind}`);
    }
  }

  private access(): { probe: number; by: number; holder: number; key: CapturedValue | null } {
    return {
      probe: this.varint(),
      by: this.varint(),
      holder: this.varint(),
      key: this.byte() === 1 ? this.value() : null,
    };
  }

  private byte(): number {
    if (this.pos >= this.bytes.length) throw INCOMPLETE;
    return this.bytes[this.pos++] as number;
  }

  private varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
      if (scale > Number.MAX_SAFE_INTEGER) throw new StreamError('number too large');
    }
    if (value > Number.MAX_SAFE_INTEGER) throw new StreamError('number too large');
    return value;
  }

  private double(): number {
    if (this.pos + 8 > this.bytes.length) throw INCOMPLETE;
    const value = this.bytes.readDoubleLE(this.pos);
    this.pos += 8;
    return value;
  }

  /** A string where nothing else may stand; a cut one keeps its beginning. */
  private text(): string {
    const value = this.value();
    if (typeof value === 'string') return value;
    if (typeof value === 'object' && value !== null && value.$ === 'string') return value.v;
    throw new StreamError('text expected');
  }

  private string(tag: number): string {
    const length = this.varint();
    const size = tag === Tag.str16 ? length * 2 : length;
    if (this.pos + size > this.bytes.length) throw INCOMPLETE;
    const text = this.bytes.toString(tag === Tag.str16 ? 'utf16le' : 'latin1', this.pos, this.pos + size);
    this.pos += size;
    return text;
  }

  private value(depth = 0): CapturedValue {
    const value = this.item(depth);
    if (value === END) throw new StreamError('end without a beginning');
    return value;
  }

  private item(depth: number): CapturedValue | typeof END {
    if (depth > MAX_NESTING) throw new StreamError('nested too deeply');
    const tag = this.byte();
    switch (tag) {
      case Tag.null:
        return null;
      case Tag.undefined:
        return { $: 'undefined' };
      case Tag.true:
        return true;
      case Tag.false:
        return false;
      case Tag.int: {
        const value = this.varint();
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      }
      case Tag.float:
        return numberForm(this.double());
      case Tag.str8:
      case Tag.str16:
        return this.string(tag);
      case Tag.cutString: {
        const length = this.varint();
        return { $: 'string', v: this.text(), length };
      }
      case Tag.bigint:
        return { $: 'bigint', v: this.text() };
      case Tag.symbol:
        return { $: 'symbol', v: this.text() };
      case Tag.object:
        return this.object(depth);
      case Tag.array: {
        const name = this.text();
        const { items, size } = this.items(depth);
        return {
          $: 'array',
          ...(name === '' ? {} : { class: name }),
          items,
          ...(size > items.length ? { length: size } : {}),
        };
      }
      case Tag.map: {
        const { items, size } = this.items(depth);
        const entries = Array.from(
          { length: items.length >> 1 },
          (_, i) => [items[2 * i] as CapturedValue, items[2 * i + 1] as CapturedValue] as const,
        );
        return { $: 'map', entries, ...(size > entries.length ? { size } : {}) };
      }
      case Tag.set: {
        const { items, size } = this.items(depth);
        return { $: 'set', items, ...(size > items.length ? { size } : {}) };
      }
      case Tag.date: {
        const time = this.double();
        return {
          $: 'date',
          v: Number.isFinite(time) && Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : 'Invalid Date',
        };
      }
      case Tag.regexp:
        return { $: 'regexp', v: this.text() };
      case Tag.error: {
        const name = this.text();
        const message = this.text();
        const stack = this.text();
        return { $: 'error', name, message, ...(stack === '' ? {} : { stack }) };
      }
      case Tag.function:
        return { $: 'function', name: this.text() };
      case Tag.bytes:
        return { $: 'bytes', class: this.text(), length: this.varint(), v: this.text() };
      case Tag.opaque:
        return { $: 'opaque', class: this.text() };
      case Tag.cycle:
        return { $: 'cycle', up: this.varint() };
      case Tag.cut:
        return { $: 'cut', why: CUT[this.byte()] ?? 'budget' };
      case Tag.redacted:
        return { $: 'redacted', why: this.text() };
      case Tag.missing:
        return { $: 'missing', why: MISSING[this.byte()] ?? 'failed' };
      case Tag.end:
        return END;
      default:
        throw new StreamError(`unknown value ${tag}`);
    }
  }

  private object(depth: number): CapturedValue {
    const name = this.text();
    const entries: (readonly [string, CapturedValue])[] = [];
    for (;;) {
      const key = this.item(depth + 1);
      if (key === END) break;
      if (typeof key !== 'string') throw new StreamError('key expected');
      entries.push([key, this.value(depth + 1)]);
    }
    const size = this.varint();
    return {
      $: 'object',
      ...(name === '' ? {} : { class: name }),
      entries,
      ...(size > entries.length ? { size } : {}),
    };
  }

  private items(depth: number): { items: CapturedValue[]; size: number } {
    const items: CapturedValue[] = [];
    for (;;) {
      const item = this.item(depth + 1);
      if (item === END) break;
      items.push(item);
    }
    return { items, size: this.varint() };
  }
}

function numberForm(value: number): CapturedValue {
  if (Number.isNaN(value)) return { $: 'number', v: 'NaN' };
  if (value === Number.POSITIVE_INFINITY) return { $: 'number', v: 'Infinity' };
  if (value === Number.NEGATIVE_INFINITY) return { $: 'number', v: '-Infinity' };
  return Object.is(value, -0) ? { $: 'number', v: '-0' } : value;
}
