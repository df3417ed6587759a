import type { RecordBuffer } from './buffer.ts';
import {
  apply,
  arrayPrototype,
  descriptorOf,
  type Host,
  isArray,
  keysOf,
  objectPrototype,
  prototypeOf,
} from './host.ts';
import { isUnreadable, type SafeReader } from './safe-read.ts';
import { MISSING, Tag } from './wire.ts';

/** Bounds of one captured value. */
export interface CaptureLimits {
  readonly depth: number;
  readonly items: number;
  readonly stringLength: number;
  /** Bytes one record may take; what comes after is cut. */
  readonly bytes: number;
  /** Hard time bound of one record, milliseconds. */
  readonly ms: number;
}

type Kind = 'plain' | 'map' | 'set' | 'date' | 'regexp' | 'error' | 'bytes' | 'opaque';
interface ClassInfo {
  readonly kind: Kind;
  readonly name: string;
}

const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const mapSize = descriptorOf(Map.prototype, 'size')?.get as () => number;
const setSize = descriptorOf(Set.prototype, 'size')?.get as () => number;
/** The built-in getters, since an object may shadow them with accessors of its own. */
const viewGetters = (prototype: object) =>
  (['buffer', 'byteOffset', 'byteLength'] as const).map((name) => descriptorOf(prototype, name)?.get as () => never);
const typedArrayGetters = viewGetters(prototypeOf(Uint8Array.prototype) as object);
const dataViewGetters = viewGetters(DataView.prototype);

function bytesOf(getters: readonly (() => never)[], view: object): Uint8Array {
  const [buffer, offset, length] = getters.map((get) => apply(get, view, [])) as unknown as [
    ArrayBuffer,
    number,
    number,
  ];
  return new Uint8Array(buffer, offset, length);
}

/** Kinds of the built-in classes; whether an object really is one is checked for each. */
const BUILTIN = new Map<object, Kind>([
  [Map.prototype, 'map'],
  [Set.prototype, 'set'],
  [Date.prototype, 'date'],
  [RegExp.prototype, 'regexp'],
]);

const iteratorNext = (prototype: object) =>
  descriptorOf(prototypeOf(prototype), 'next')?.value as () => IteratorResult<never>;
const mapNext = iteratorNext(new Map().entries() as object);
const setNext = iteratorNext(new Set().values() as object);
const getTime = Date.prototype.getTime;
const regexpSource = descriptorOf(RegExp.prototype, 'source')?.get as () => string;
const regexpFlags = ['global', 'ignoreCase', 'multiline', 'dotAll', 'unicode', 'sticky'].map(
  (name) => descriptorOf(RegExp.prototype, name)?.get as () => boolean,
);
const REGEXP_LETTERS = 'gimsuy';
const bigintToString = BigInt.prototype.toString;
const symbolToString = Symbol.prototype.toString;
/**
 * So many bytes not taken out yet say that the host is behind (it takes and stores some 3 MB/s of large values): until it has caught
 * up, values are cut at `FRUGAL_BYTES`, so that calls go on being recorded instead of a few whole ones among many that are dropped.
 */
const BACKLOG_BYTES = 1 << 20;
const FRUGAL_BYTES = 256;
const SHOWN_BYTES = 16;
const CHECK_TIME_EVERY = 64;
const CLASS_DEPTH = 8;
const REMEMBERED_NAMES = 5000;
const SEARCHED_LENGTH = 1000;

const missingIndex = (why: (typeof MISSING)[number]) => MISSING.indexOf(why);

/**
 * Copies values into the buffer, within limits, without running any code of the application: own data properties by
 * descriptor, no getters, no Proxy traps, no `toJSON`, no coercion.
 */
export class Capturer {
  private nodes = 0;
  private deadline = 0;
  private late = false;
  private readonly frugalBytes: number;
  /** Bytes that the record may have. */
  private most = 0;
  /** Objects being written, outermost first; a fixed array and a depth, because emptying an array frees its memory each time. */
  private readonly stack: (object | null)[];
  private depth = 0;
  private readonly classes = new WeakMap<object, ClassInfo>();
  private readonly secrets = new Map<string, boolean>();

  constructor(
    private readonly out: RecordBuffer,
    private readonly host: Host,
    private readonly reader: SafeReader,
    private readonly limits: CaptureLimits,
    /** Property and parameter names whose values never leave the process. */
    private readonly secretName: RegExp,
  ) {
    this.stack = new Array<object | null>(limits.depth).fill(null);
    this.frugalBytes = Math.min(FRUGAL_BYTES, limits.bytes);
  }

  /** Starts a record: the time bound counts from here. */
  begin(now: number): void {
    this.nodes = 0;
    this.deadline = now + this.limits.ms;
    this.late = false;
    this.depth = 0;
    this.most = this.out.pending > BACKLOG_BYTES ? this.frugalBytes : this.limits.bytes;
  }

  isSecret(name: string): boolean {
    let known = this.secrets.get(name);
    if (known === undefined) {
      known = name.length <= SEARCHED_LENGTH && this.secretName.test(name);
      if (this.secrets.size < REMEMBERED_NAMES) this.secrets.set(name, known);
    }
    return known;
  }

  redacted(why: string): void {
    this.out.byte(Tag.redacted);
    this.out.string(why.slice(0, 100));
  }

  missing(why: (typeof MISSING)[number]): void {
    this.out.byte(Tag.missing);
    this.out.byte(missingIndex(why));
  }

  /** What every value gives that is known to be a native promise. */
  promise(): void {
    this.out.byte(Tag.opaque);
    this.out.string('Promise');
  }

  value(value: unknown): void {
    const out = this.out;
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        return this.number(value);
      case 'boolean':
        return out.byte(value ? Tag.true : Tag.false);
      case 'undefined':
        return out.byte(Tag.undefined);
      case 'object':
        if (value === null) return out.byte(Tag.null);
        return this.object(value);
      case 'function':
        return this.fn(value);
      case 'bigint':
        out.byte(Tag.bigint);
        // A huge BigInt takes quadratic time to print.
        return out.string(
          value < 1n << 256n && value > -(1n << 256n) ? apply(bigintToString, value, []) : 'over 256 bits',
        );
      case 'symbol':
        out.byte(Tag.symbol);
        return out.string(apply(symbolToString, value, []).slice(0, this.limits.stringLength));
    }
  }

  private number(value: number): void {
    if (Number.isInteger(value) && value > -0x40000000 && value < 0x40000000 && !Object.is(value, -0)) {
      this.out.byte(Tag.int);
      this.out.varint(value >= 0 ? value * 2 : -value * 2 - 1);
    } else {
      this.out.byte(Tag.float);
      this.out.double(value);
    }
  }

  text(value: string): void {
    const length = value.length;
    if (length <= this.limits.stringLength) return this.out.string(value);
    this.out.byte(Tag.cutString);
    this.out.varint(length);
    this.out.string(value.slice(0, this.limits.stringLength));
  }

  /** Whether the record is over its bounds; the rest becomes a cut. */
  private spent(): boolean {
    if (this.late || this.out.open > this.most) return true;
    if ((++this.nodes & (CHECK_TIME_EVERY - 1)) === 0 && this.host.now() > this.deadline) this.late = true;
    return this.late;
  }

  private cut(why: 0 | 1 | 2): void {
    this.out.byte(Tag.cut);
    this.out.byte(why);
  }

  private fn(value: object): void {
    if (this.host.types.isProxy(value)) return this.missing('proxy');
    const name = descriptorOf(value, 'name')?.value;
    this.out.byte(Tag.function);
    this.out.string(typeof name === 'string' ? name.slice(0, 200) : '');
  }

  private object(value: object): void {
    if (this.spent()) return this.cut(this.late ? 2 : 1);
    if (this.host.types.isProxy(value)) return this.missing('proxy');
    const { stack, depth } = this;
    for (let i = depth - 1; i >= 0; i--) {
      if (stack[i] !== value) continue;
      this.out.byte(Tag.cycle);
      return this.out.varint(depth - i);
    }
    const prototype = prototypeOf(value);
    if (isArray(value)) {
      if (depth >= this.limits.depth) return this.cut(0);
      return this.array(
        value,
        prototype === arrayPrototype || prototype === null ? '' : this.classOf(value, prototype).name,
      );
    }
    if (prototype === objectPrototype || prototype === null) return this.plain(value, '');
    const { types } = this.host;
    const info = this.classOf(value, prototype);
    switch (info.kind) {
      case 'plain':
        return this.plain(value, info.name);
      case 'map':
        // An object that only inherits from Map has no entries.
        return types.isMap(value) ? this.map(value) : this.plain(value, info.name);
      case 'set':
        return types.isSet(value) ? this.set(value) : this.plain(value, info.name);
      case 'date':
        if (!types.isDate(value)) return this.plain(value, info.name);
        this.out.byte(Tag.date);
        return this.out.double(apply(getTime, value, []));
      case 'regexp':
        return types.isRegExp(value) ? this.regexp(value) : this.plain(value, info.name);
      case 'error':
        return this.error(value, info.name);
      case 'bytes':
        return types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)
          ? this.bytes(value, info.name)
          : this.plain(value, info.name);
      case 'opaque':
        this.out.byte(Tag.opaque);
        return this.out.string(info.name);
    }
  }

  private plain(value: object, name: string): void {
    if (this.depth >= this.limits.depth) return this.cut(0);
    const out = this.out;
    this.open(value);
    out.byte(Tag.object);
    out.string(name);
    const keys = keysOf(value);
    const shown = Math.min(keys.length, this.limits.items);
    for (let i = 0; i < shown; i++) {
      const key = keys[i] as string;
      if (out.open > this.most || this.late) break;
      out.string(key.length > 200 ? key.slice(0, 200) : key);
      if (this.isSecret(key)) {
        this.redacted(key);
        continue;
      }
      const descriptor = descriptorOf(value, key);
      if (descriptor === undefined) this.missing('path');
      else if (descriptor.get === undefined && descriptor.set === undefined) this.value(descriptor.value);
      else this.readable(this.reader.valueOf(descriptor));
    }
    out.byte(Tag.end);
    out.varint(keys.length);
    this.close();
  }

  private open(value: object): void {
    this.stack[this.depth++] = value;
  }

  private close(): void {
    this.stack[--this.depth] = null;
  }

  /** A value that may have been unreadable. */
  readable(value: unknown): void {
    if (isUnreadable(value)) this.missing(value.why);
    else this.value(value);
  }

  private array(value: readonly unknown[], name: string): void {
    const { out } = this;
    this.open(value);
    out.byte(Tag.array);
    out.string(name);
    const length = value.length;
    const shown = Math.min(length, this.limits.items);
    for (let i = 0; i < shown; i++) {
      if (out.open > this.most || this.late) break;
      const descriptor = descriptorOf(value, i);
      if (descriptor === undefined) out.byte(Tag.undefined);
      else this.readable(this.reader.valueOf(descriptor));
    }
    out.byte(Tag.end);
    out.varint(length);
    this.close();
  }

  private map(value: Map<unknown, unknown>): void {
    const { out } = this;
    if (this.depth >= this.limits.depth) return this.cut(0);
    this.open(value);
    const size = apply(mapSize, value, []) as number;
    out.byte(Tag.map);
    const iterator = apply(mapEntries, value, []);
    for (let i = 0; i < this.limits.items; i++) {
      if (out.open > this.most || this.late) break;
      const step = apply(mapNext, iterator, []) as IteratorResult<[unknown, unknown]>;
      if (step.done) break;
      this.value(step.value[0]);
      if (typeof step.value[0] === 'string' && this.isSecret(step.value[0])) this.redacted(step.value[0]);
      else this.value(step.value[1]);
    }
    out.byte(Tag.end);
    out.varint(size);
    this.close();
  }

  private set(value: Set<unknown>): void {
    const { out } = this;
    if (this.depth >= this.limits.depth) return this.cut(0);
    this.open(value);
    const size = apply(setSize, value, []) as number;
    out.byte(Tag.set);
    const iterator = apply(setValues, value, []);
    for (let i = 0; i < this.limits.items; i++) {
      if (out.open > this.most || this.late) break;
      const step = apply(setNext, iterator, []) as IteratorResult<unknown>;
      if (step.done) break;
      this.value(step.value);
    }
    out.byte(Tag.end);
    out.varint(size);
    this.close();
  }

  private regexp(value: object): void {
    const flags = regexpFlags.map((get, i) => (apply(get, value, []) ? REGEXP_LETTERS[i] : '')).join('');
    this.out.byte(Tag.regexp);
    this.out.string(`/${apply(regexpSource, value, [])}/${flags}`.slice(0, this.limits.stringLength));
  }

  private error(value: object, className: string): void {
    const name = this.reader.read(value, 'name');
    const message = this.reader.read(value, 'message');
    this.out.byte(Tag.error);
    // Subclasses that do not set `name` inherit 'Error'; the class says more.
    this.out.string((typeof name === 'string' && name !== 'Error' ? name : className).slice(0, 200));
    this.text(typeof message === 'string' ? message : '');
    this.text(this.stackOf(value));
  }

  /** The stack is formatted on first access; with a formatter of the application's own that would run its code. */
  private stackOf(value: object): string {
    if (typeof descriptorOf(Error, 'prepareStackTrace')?.value === 'function') return '';
    const own = descriptorOf(value, 'stack');
    if (own === undefined) return '';
    const stack = own.get === undefined ? own.value : nativeStackGetter === own.get ? apply(own.get, value, []) : '';
    return typeof stack === 'string' ? stack : '';
  }

  private bytes(value: object, name: string): void {
    const { types } = this.host;
    this.out.byte(Tag.bytes);
    this.out.string(name);
    const view = types.isAnyArrayBuffer(value)
      ? new Uint8Array(value as ArrayBuffer)
      : bytesOf(types.isDataView(value) ? dataViewGetters : typedArrayGetters, value);
    this.out.varint(view.length);
    let hex = '';
    for (let i = 0; i < view.length && i < SHOWN_BYTES; i++) hex += ((view[i] as number) + 256).toString(16).slice(1);
    this.out.string(hex);
  }

  /** Kind and name of a class by prototype; the kind of the first instance seen stands for all. */
  private classOf(value: object, prototype: object): ClassInfo {
    let info = this.classes.get(prototype);
    if (info !== undefined) return info;
    info = { kind: BUILTIN.get(prototype) ?? this.kindOf(value), name: this.nameOf(prototype) };
    this.classes.set(prototype, info);
    return info;
  }

  private kindOf(value: object): Kind {
    const { types } = this.host;
    if (types.isMap(value)) return 'map';
    if (types.isSet(value)) return 'set';
    if (types.isDate(value)) return 'date';
    if (types.isRegExp(value)) return 'regexp';
    if (types.isNativeError(value)) return 'error';
    if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return 'bytes';
    const opaque =
      types.isPromise(value) ||
      types.isWeakMap(value) ||
      types.isWeakSet(value) ||
      types.isGeneratorObject(value) ||
      types.isExternal(value);
    return opaque ? 'opaque' : 'plain';
  }

  private nameOf(prototype: object): string {
    let holder: object | null = prototype;
    for (let i = 0; holder !== null && i < CLASS_DEPTH; i++) {
      if (this.host.types.isProxy(holder)) return '';
      const owner = descriptorOf(holder, 'constructor')?.value;
      if (typeof owner === 'function' && !this.host.types.isProxy(owner)) {
        const name = descriptorOf(owner, 'name')?.value;
        return typeof name === 'string' ? name.slice(0, 200) : '';
      }
      holder = prototypeOf(holder);
    }
    return '';
  }
}

/** In newer V8 `stack` is an own accessor whose getter is one native function shared by all errors. */
const nativeStackGetter = descriptorOf(new Error('probe'), 'stack')?.get;
