import { strict as assert } from 'node:assert';
import { RecordBuffer } from '../../../src/tracer/agent/buffer.ts';
import { Capturer } from '../../../src/tracer/agent/capture.ts';
import { takeHost } from '../../../src/tracer/agent/host.ts';
import { Recorder } from '../../../src/tracer/agent/recorder.ts';
import { SafeReader } from '../../../src/tracer/agent/safe-read.ts';
import { Rec } from '../../../src/tracer/agent/wire.ts';
import type { CapturedValue } from '../../../src/tracer/event/value.ts';
import { SECRET_NAMES } from '../../../src/tracer/safety/secrets.ts';
import { type AgentRecord, StreamDecoder } from '../../../src/tracer/session/decode.ts';

const LIMITS = { depth: 5, items: 100, stringLength: 1000, bytes: 16_384, ms: 1000 };

/** The bytes of one record that throws `value`. */
function encode(...values: unknown[]): Buffer {
  const host = takeHost(undefined);
  const out = new RecordBuffer((size) => Buffer.allocUnsafeSlow(size), 8 << 20);
  const capture = new Capturer(out, host, new SafeReader(host.types), LIMITS, new RegExp(SECRET_NAMES, 'i'));
  const recorder = new Recorder(out, capture, host);
  for (const value of values) {
    assert.ok(recorder.begin(Rec.throw));
    out.varint(1);
    out.varint(2);
    capture.value(value);
    recorder.end();
  }
  return Buffer.from(out.take(64 << 20), 'base64');
}

const valuesOf = (records: readonly AgentRecord[]) =>
  records.map((record) => (record as { value: CapturedValue }).value);
const roundTrip = (value: unknown): unknown => valuesOf(new StreamDecoder().push(encode(value)))[0];

/** A Proxy any of whose traps fails the test. */
function untouchable(): object {
  const trap = () => {
    throw new Error('trapped');
  };
  return new Proxy({}, new Proxy({}, { get: () => trap }));
}

describe('capturing values', () => {
  it('copies scalars as they are', () => {
    for (const value of [
      null,
      true,
      false,
      0,
      1,
      -1,
      2 ** 30,
      -(2 ** 30),
      2 ** 53,
      0.1,
      'text',
      '',
      'ünï',
      '💥 and "quotes"',
    ])
      assert.deepEqual(roundTrip(value), value);
    assert.deepEqual(roundTrip(undefined), { $: 'undefined' });
    assert.deepEqual(roundTrip(-0), { $: 'number', v: '-0' });
    assert.deepEqual(roundTrip(Number.NaN), { $: 'number', v: 'NaN' });
    assert.deepEqual(roundTrip(10n), { $: 'bigint', v: '10' });
    assert.deepEqual(roundTrip(Symbol('s')), { $: 'symbol', v: 'Symbol(s)' });
  });

  it('keeps values short while the host is behind, and whole again when it has caught up', () => {
    const host = takeHost(undefined);
    const out = new RecordBuffer((size) => Buffer.allocUnsafeSlow(size), 8 << 20);
    const capture = new Capturer(out, host, new SafeReader(host.types), LIMITS, new RegExp(SECRET_NAMES, 'i'));
    const recorder = new Recorder(out, capture, host);
    const decoder = new StreamDecoder();
    const rows = Array.from({ length: 90 }, (_, id) => ({ id, title: 'a title of some length', done: false }));
    const record = (value: unknown) => {
      assert.ok(recorder.begin(Rec.throw));
      out.varint(1);
      out.varint(2);
      capture.value(value);
      recorder.end();
    };
    const taken = () => valuesOf(decoder.push(Buffer.from(out.take(64 << 20), 'base64')));
    for (let i = 0; i < 600; i++) record(rows);
    record(42);
    const values = taken();
    assert.deepEqual(values[0], roundTrip(rows));
    const late = values[599] as unknown as { items: unknown[]; length: number };
    assert.equal(late.length, 90);
    assert.ok(late.items.length > 0 && late.items.length < 10, JSON.stringify(late));
    assert.equal(values[600], 42);
    record(rows);
    assert.deepEqual(taken()[0], roundTrip(rows));
  });

  it('never traps a Proxy, wherever it is', () => {
    const missing = { $: 'missing', why: 'proxy' };
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    assert.deepEqual(roundTrip(untouchable()), missing);
    assert.deepEqual(roundTrip(revoked), missing);
    assert.deepEqual(roundTrip([untouchable(), revoked]), { $: 'array', items: [missing, missing] });
    assert.deepEqual(roundTrip({ a: untouchable() }), { $: 'object', entries: [['a', missing]] });
    assert.deepEqual(roundTrip(new Map([[untouchable(), revoked]])), { $: 'map', entries: [[missing, missing]] });
    const heir = roundTrip([Object.create(untouchable())]) as { items: CapturedValue[] };
    assert.equal((heir.items[0] as { $: string }).$, 'object');
  });

  it('never runs a getter or toJSON', () => {
    const value = {
      get loud(): number {
        throw new Error('ran');
      },
      toJSON() {
        throw new Error('ran');
      },
    };
    assert.deepEqual(roundTrip(value), {
      $: 'object',
      entries: [
        ['loud', { $: 'missing', why: 'getter' }],
        ['toJSON', { $: 'function', name: 'toJSON' }],
      ],
    });
  });

  it('says where values are cut, cyclic or secret', () => {
    const cyclic: Record<string, unknown> = { name: 'a' };
    cyclic.self = cyclic;
    assert.deepEqual(roundTrip(cyclic), {
      $: 'object',
      entries: [
        ['name', 'a'],
        ['self', { $: 'cycle', up: 1 }],
      ],
    });
    const long = roundTrip('x'.repeat(5000)) as { $: string; v: string; length: number };
    assert.equal(`${long.$} ${long.v.length} ${long.length}`, 'string 1000 5000');
    const wide = roundTrip(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]))) as {
      entries: [];
      size: number;
    };
    assert.equal(`${wide.entries.length} ${wide.size}`, '100 10000');
    const array = roundTrip(new Array(4_000_000_000)) as { items: []; length: number };
    assert.equal(`${array.items.length} ${array.length}`, '100 4000000000');
    assert.deepEqual(roundTrip({ password: 'hunter2' }), {
      $: 'object',
      entries: [['password', { $: 'redacted', why: 'password' }]],
    });
  });

  it('keeps __proto__ as an ordinary key', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}') as object;
    const copied = roundTrip(value) as { entries: [string, CapturedValue][] };
    assert.equal(copied.entries[0]?.[0], '__proto__');
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});

describe('the stream between agent and session', () => {
  it('may be cut at any byte', () => {
    const values = [
      { a: [1, 2, 'three', 'vierün', null], m: new Map([[1, new Set([2n])]]) },
      new Error('e'),
      -1.5,
      'x'.repeat(300),
    ];
    const bytes = encode(...values);
    const whole = valuesOf(new StreamDecoder().push(bytes));
    assert.equal(whole.length, values.length);
    for (let cut = 1; cut < bytes.length; cut++) {
      const decoder = new StreamDecoder();
      const parts = [...decoder.push(bytes.subarray(0, cut)), ...decoder.push(bytes.subarray(cut))];
      assert.deepEqual(valuesOf(parts), whole, `cut at ${cut}`);
    }
  });

  it('decodes random bytes to records or says that they are none', () => {
    let seed = 1;
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed >>> 24;
    };
    for (let round = 0; round < 3000; round++) {
      const bytes = Buffer.from(Array.from({ length: 1 + random() }, random));
      try {
        for (const record of new StreamDecoder().push(bytes)) assert.equal(typeof record.kind, 'string');
      } catch (error) {
        assert.equal((error as Error).constructor.name, 'StreamError', String(error));
      }
    }
  });
});
