import { strict as assert } from 'node:assert';
import { RecordBuffer } from '../../../src/tracer/agent/buffer.ts';
import { Capturer } from '../../../src/tracer/agent/capture.ts';
import { takeHost } from '../../../src/tracer/agent/host.ts';
import { Recorder } from '../../../src/tracer/agent/recorder.ts';
import { SafeReader } from '../../../src/tracer/agent/safe-read.ts';
import { Enter, Exit, Note, Rec, Tag } from '../../../src/tracer/agent/wire.ts';
import { formatValue } from '../../../src/tracer/event/format.ts';
import type { CapturedValue } from '../../../src/tracer/event/value.ts';
import { SECRET_NAMES } from '../../../src/tracer/safety/secrets.ts';
import { type AgentRecord, StreamDecoder, StreamError } from '../../../src/tracer/session/decode.ts';

const LIMITS = { depth: 5, items: 100, stringLength: 1000, bytes: 16_384, ms: 1000 };
const BIG = 2 ** 53 - 1;

/** A record as the agent writes it: its kind, then varints, flags (bytes), texts and captured values in order. */
type Field = number | { readonly flag: number } | { readonly text: string } | { readonly value: unknown };
type Written = readonly [kind: number, ...fields: Field[]];

/** The agent's stream of these records, one nanosecond or more apart. */
function stream(records: readonly Written[]): Buffer {
  const host = takeHost(undefined);
  const out = new RecordBuffer((size) => Buffer.allocUnsafeSlow(size), 8 << 20);
  const capture = new Capturer(out, host, new SafeReader(host.types), LIMITS, new RegExp(SECRET_NAMES, 'i'));
  const recorder = new Recorder(out, capture, host);
  for (const [kind, ...fields] of records) {
    assert.ok(recorder.begin(kind));
    for (const field of fields) {
      if (typeof field === 'number') out.varint(field);
      else if ('flag' in field) out.byte(field.flag);
      else if ('text' in field) out.string(field.text);
      else capture.value(field.value);
    }
    recorder.end();
  }
  return Buffer.from(out.take(64 << 20), 'base64');
}

const flag = (value: number) => ({ flag: value });
const text = (value: string) => ({ text: value });
const value = (given: unknown) => ({ value: given });

/** One record of every kind, with values of many shapes. */
const EVERY_KIND: readonly Written[] = [
  [Rec.enter, 1, 2, 0, flag(Enter.args | Enter.self), 9, 3, 2, value({ a: [1, 'zwölf', '💥'] }), value(undefined)],
  [Rec.enter, 1, BIG, 2, flag(0)],
  [Rec.exit, 1, 2, flag(Exit.pending), value(Promise.resolve(1))],
  [Rec.throw, 1, 3, value(new TypeError('no'))],
  [Rec.settle, 1, 2, flag(1), value(new Map<unknown, unknown>([[1, new Set([2n, -0, Number.NaN])]]))],
  [Rec.snapshot, 1, 2, flag(1), 4, 5, value(new Date(0))],
  [Rec.read, 1, 2, 3, flag(0), value(/x/g)],
  [Rec.read, 1, 2, 3, flag(1), value('key'), value(Buffer.from('bytes'))],
  [Rec.change, 1, 2, 3, flag(1), value(7), flag(1), value(-1.5), value({ password: 'secret' })],
  [Rec.httpStart, 4, text('GET'), text('/räume?x=1')],
  [Rec.httpEnd, 4, 200, flag(1)],
  [Rec.site, 1, text('at a.js:1:2')],
  [Rec.dbStart, 5, 4, 1, value('SELECT 1'), value(['x'.repeat(3000)])],
  [Rec.dbEnd, 5, 3, flag(0)],
  [Rec.dbEnd, 6, 0, flag(1), value(new Error('gone'))],
  [Rec.dropped, 12],
  [Rec.note, 1, flag(Note.direct), text('')],
];

const KINDS = new Set([
  'enter',
  'exit',
  'throw',
  'settle',
  'snapshot',
  'read',
  'change',
  'http.start',
  'http.end',
  'db.start',
  'db.end',
  'dropped',
  'site',
  'note',
]);

function feed(bytes: Buffer, cuts: readonly number[]): AgentRecord[] {
  const decoder = new StreamDecoder();
  const records: AgentRecord[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    records.push(...decoder.push(bytes.subarray(from, to)));
    from = to;
  }
  return records;
}

/** A generator of bytes, the same for the same seed (Numerical Recipes' linear congruence, high bits). */
function generator(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}

const met = { records: 0, refused: 0 };

/** Decodes and counts the records, and whether the decoder says that it is no stream. Anything else is thrown. */
function decoded(...chunks: Buffer[]): void {
  const decoder = new StreamDecoder();
  try {
    for (const chunk of chunks) {
      for (const record of decoder.push(chunk)) {
        assert.ok(KINDS.has(record.kind), record.kind);
        assert.ok(Number.isFinite(record.t));
        // Whatever was decoded can be stored and shown.
        JSON.stringify(record);
        if ('value' in record) assert.equal(typeof formatValue(record.value as CapturedValue, 100), 'string');
        met.records++;
      }
    }
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    met.refused++;
  }
}

describe('decoding the stream of an agent', () => {
  it('gives every record back in order, with times that never go back', () => {
    const records = feed(stream(EVERY_KIND), []);
    assert.deepEqual(new Set(records.map((record) => record.kind)), KINDS);
    assert.equal(records.length, EVERY_KIND.length);
    for (const [index, record] of records.entries()) assert.ok(record.t >= (records[index - 1]?.t ?? 0));
    const [enter, bare] = records;
    assert.ok(enter?.kind === 'enter' && bare?.kind === 'enter');
    assert.deepEqual([enter.self, enter.argc, enter.args?.[1]], [9, 3, { $: 'undefined' }]);
    assert.deepEqual([bare.call, bare.args], [BIG, null]);
    const change = records.find((record) => record.kind === 'change');
    assert.deepEqual(change?.kind === 'change' && [change.key, change.op, change.before, change.after], [
      7,
      'delete',
      -1.5,
      { $: 'object', entries: [['password', { $: 'redacted', why: 'password' }]] },
    ]);
    const ends = records.filter((record) => record.kind === 'db.end');
    assert.deepEqual(
      ends.map((end) => end.kind === 'db.end' && end.rows),
      [2, null],
    );
  });

  it('gives the same wherever the stream is cut', () => {
    const bytes = stream(EVERY_KIND);
    const whole = feed(bytes, []);
    for (let cut = 1; cut < bytes.length; cut++) assert.deepEqual(feed(bytes, [cut]), whole, `cut at ${cut}`);
  });

  it('gives the same from single bytes and from chunks of any size', () => {
    const bytes = stream(EVERY_KIND.filter(([kind]) => kind !== Rec.dbStart));
    const whole = feed(bytes, []);
    for (const size of [1, 2, 3, 7, 64]) {
      const cuts = Array.from({ length: Math.ceil(bytes.length / size) - 1 }, (_, i) => (i + 1) * size);
      assert.deepEqual(feed(bytes, cuts), whole, `chunks of ${size}`);
    }
  });

  it('keeps an incomplete record until the rest comes', () => {
    const bytes = stream([[Rec.throw, 1, 2, value('x'.repeat(900))]]);
    const decoder = new StreamDecoder();
    for (let i = 0; i < bytes.length - 1; i++) assert.deepEqual(decoder.push(bytes.subarray(i, i + 1)), []);
    assert.equal(decoder.push(bytes.subarray(bytes.length - 1)).length, 1);
  });

  beforeEach(() => Object.assign(met, { records: 0, refused: 0 }));

  it('makes records or a StreamError of any bytes', () => {
    for (let seed = 0; seed < 3000; seed++) {
      const random = generator(seed);
      // Every other seed has small bytes mostly, which are kinds and tags and so lead further in.
      const byte = () => (seed % 2 === 0 || random() < 32 ? random() : random() & 15);
      const bytes = Buffer.from(Array.from({ length: 1 + 2 * random() }, byte));
      decoded(bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1));
    }
    assert.ok(met.refused > 1000 && met.records > 50, JSON.stringify(met));
  });

  it('makes records or a StreamError of a stream with broken bytes', () => {
    const whole = stream(EVERY_KIND);
    for (let seed = 0; seed < 3000; seed++) {
      const random = generator(seed);
      const bytes = Buffer.from(whole);
      for (let flips = 1 + (random() & 3); flips > 0; flips--)
        bytes[((random() << 8) | random()) % bytes.length] = random();
      decoded(bytes);
    }
    assert.ok(met.refused > 100 && met.records > 10_000, JSON.stringify(met));
  });

  it('refuses what an agent never writes', () => {
    const start = [Rec.throw, 0, 1, 2];
    const cases: readonly [what: string, bytes: readonly number[]][] = [
      ['an unknown record', [99, 0]],
      ['an unknown value', [...start, 77]],
      ['an end without a beginning', [...start, Tag.end]],
      ['values nested without end', [...start, ...Array.from({ length: 200 }, () => Tag.set)]],
      ['a number over 2^53', [Rec.dropped, 0, ...Array.from({ length: 12 }, () => 0xff), 1]],
      ['a key that is no text', [...start, Tag.object, Tag.str8, 0, Tag.null]],
      ['a name that is no text', [...start, Tag.function, Tag.null]],
    ];
    for (const [what, bytes] of cases)
      assert.throws(() => new StreamDecoder().push(Buffer.from(bytes)), StreamError, what);
  });

  it('does not wait for ever for the end of a record', () => {
    const endless = new StreamDecoder();
    endless.push(Buffer.from([Rec.throw, 0, 1, 2, Tag.str8, 0xff, 0xff, 0xff, 0xff, 0x7f]));
    const chunk = Buffer.alloc(256 * 1024);
    assert.throws(() => {
      for (let taken = 0; taken < 64; taken++) endless.push(chunk);
    }, StreamError);
  });
});
