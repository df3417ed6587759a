import type { Context } from './context.ts';
import { apply, define, descriptorOf, type Host, isArray, keysOf } from './host.ts';
import type { ObjectIds } from './object-ids.ts';
import type { Recorder } from './recorder.ts';
import type { SafeReader } from './safe-read.ts';
import { Note, OPS, Rec } from './wire.ts';

type Key = string | number;
interface WatchConfig {
  readonly probe: number;
  readonly path: string;
  readonly keys: readonly Key[];
}
interface Watched {
  readonly config: WatchConfig;
  readonly holder: object;
}

const NONE = Symbol('whole');
const MAX_HOLDERS = 1000;
const MAX_KEYS = 1000;
const MAX_COPIED = 200;
const mapForEach = Map.prototype.forEach;
const setForEach = Set.prototype.forEach;
const MAP_READERS = ['forEach', 'entries', 'keys', 'values', Symbol.iterator] as const;
const ARRAY_WRITERS = ['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin'] as const;

/**
 * Records every read and write of a watched path, with the call that did it. A Map, Set or array gets own methods that
 * report and then do what the prototype's method does; a property becomes an accessor over a cell. All of it is undone
 * by `restore`. What cannot be seen is said in a note: private fields, frozen objects, element writes of arrays by index.
 */
export class Watcher {
  private readonly held = new WeakMap<object, Set<WatchConfig>>();
  private readonly contained = new WeakSet<object>();
  private readonly restores = new Set<() => void>();
  /** What undoes the instrumentation of a container, so that one replaced by another is let go. */
  private readonly undoOf = new WeakMap<object, (() => void)[]>();
  private collecting: (() => void)[] | null = null;
  /** Whether one more event may be recorded now. */
  admit: () => boolean = () => true;
  private readonly noted = new Set<string>();
  private holders = 0;
  private active = true;

  constructor(
    private readonly recorder: Recorder,
    private readonly context: Context,
    private readonly host: Host,
    private readonly reader: SafeReader,
    private readonly ids: ObjectIds,
    private readonly note: (probe: number, note: number, text: string) => unknown,
  ) {}

  /** Watches `configs` on `self`, once per object. */
  ensure(self: unknown, configs: readonly WatchConfig[]): void {
    if (typeof self !== 'object' || self === null || !this.active || this.host.types.isProxy(self)) return;
    let known = this.held.get(self);
    if (known === undefined) {
      known = new Set();
      this.held.set(self, known);
    }
    if (known.size === configs.length) return;
    for (const config of configs) {
      if (known.has(config)) continue;
      known.add(config);
      if (++this.holders > MAX_HOLDERS)
        this.say(config, `more than ${MAX_HOLDERS} objects; further ones are not watched`);
      else this.watch(self, config);
    }
  }

  restore(): void {
    this.active = false;
    for (const undo of [...this.restores].reverse()) {
      try {
        undo();
      } catch {
        // A holder frozen meanwhile keeps an accessor that only passes values on.
      }
    }
    this.restores.clear();
  }

  private onRestore(undo: () => void): void {
    this.restores.add(undo);
    this.collecting?.push(undo);
  }

  /** Instruments what the path holds now; `true` when its own methods report reads, so that reading the property need not. */
  private container(watched: Watched, value: unknown): boolean {
    const outer = this.collecting;
    const undos: (() => void)[] = [];
    this.collecting = undos;
    try {
      return this.instrument(watched, value);
    } finally {
      this.collecting = outer;
      if (undos.length > 0) this.undoOf.set(value as object, undos);
    }
  }

  /** The path holds another container now: the old one is as it was before, and nothing of ours keeps it alive. */
  private release(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const undo of this.undoOf.get(value) ?? []) {
      this.restores.delete(undo);
      try {
        undo();
      } catch {
        // Frozen meanwhile; its accessors pass values on.
      }
    }
    this.undoOf.delete(value);
    this.contained.delete(value);
  }

  private say(config: WatchConfig, text: string): void {
    if (this.noted.has(text + config.probe)) return;
    this.noted.add(text + config.probe);
    this.note(config.probe, Note.watch, text);
  }

  private watch(self: object, config: WatchConfig): void {
    const holder = config.keys.length === 1 ? self : this.reader.path(self, config.keys.slice(0, -1));
    const key = config.keys[config.keys.length - 1] as Key;
    if (typeof holder !== 'object' || holder === null || this.host.types.isProxy(holder)) {
      return this.say(config, `${config.path} has no object to watch`);
    }
    const descriptor = descriptorOf(holder, key);
    if (descriptor === undefined)
      return this.say(config, `${config.path} is not an own property (a private field, a getter or not set yet)`);
    if (!('value' in descriptor)) return this.say(config, `${config.path} is a getter, which is never run`);
    const watched = { config, holder: self };
    const value = descriptor.value as unknown;
    const contained = this.container(watched, value);
    if (!contained || descriptor.writable) {
      if (!descriptor.configurable)
        return this.say(config, `${config.path} is not configurable: assignments to it are not seen`);
      this.property(watched, holder, key, descriptor, NONE, contained);
    }
  }

  private instrument(watched: Watched, value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const { types } = this.host;
    if (types.isProxy(value)) {
      this.say(watched.config, `${watched.config.path} is a Proxy, which is never trapped`);
      return false;
    }
    const isMap = types.isMap(value);
    if (!isMap && !types.isSet(value)) {
      if (this.contained.has(value)) return false;
      this.contained.add(value);
      if (isArray(value)) this.array(watched, value);
      else this.dictionary(watched, value);
      return false;
    }
    if (this.contained.has(value)) return true;
    this.contained.add(value);
    if (isMap) this.map(watched, value);
    else this.set(watched, value as Set<unknown>);
    return true;
  }

  /** Gives `object` an own method that shadows the prototype's. */
  private shadow(object: object, name: PropertyKey, make: (original: (...args: never[]) => unknown) => unknown): void {
    const own = descriptorOf(object, name);
    const original = (object as Record<PropertyKey, unknown>)[name];
    if (typeof original !== 'function' || own?.configurable === false || !Object.isExtensible(object)) return;
    define(object, name, { value: make(original as never), configurable: true, enumerable: false, writable: true });
    this.onRestore(() => {
      if (own === undefined) delete (object as Record<PropertyKey, unknown>)[name];
      else define(object, name, own);
    });
  }

  private map(watched: Watched, map: Map<unknown, unknown>): void {
    const watcher = this;
    const { get, has } = Map.prototype;
    this.shadow(
      map,
      'get',
      (original) =>
        function (this: Map<unknown, unknown>, key: unknown) {
          const value = apply(original, this, [key] as never);
          watcher.read(watched, key, value);
          return value;
        },
    );
    this.shadow(
      map,
      'has',
      (original) =>
        function (this: Map<unknown, unknown>, key: unknown) {
          const value = apply(original, this, [key] as never);
          watcher.read(watched, key, apply(get, map, [key]));
          return value;
        },
    );
    this.shadow(
      map,
      'set',
      (original) =>
        function (this: Map<unknown, unknown>, key: unknown, value: unknown) {
          const before = apply(get, map, [key]);
          const result = apply(original, this, [key, value] as never);
          watcher.change(watched, key, 0, before, value);
          return result;
        },
    );
    this.shadow(
      map,
      'delete',
      (original) =>
        function (this: Map<unknown, unknown>, key: unknown) {
          const existed = apply(has, map, [key]);
          const before = apply(get, map, [key]);
          const result = apply(original, this, [key] as never);
          if (existed) watcher.change(watched, key, 1, before, undefined);
          return result;
        },
    );
    this.shadow(
      map,
      'clear',
      (original) =>
        function (this: Map<unknown, unknown>) {
          const before = entriesOf(map);
          const result = apply(original, this, []);
          watcher.change(watched, NONE, 2, before, map);
          return result;
        },
    );
    this.wholeReads(watched, map, MAP_READERS);
  }

  private set(watched: Watched, set: Set<unknown>): void {
    const watcher = this;
    const { has } = Set.prototype;
    this.shadow(
      set,
      'has',
      (original) =>
        function (this: Set<unknown>, member: unknown) {
          const value = apply(original, this, [member] as never);
          watcher.read(watched, member, value);
          return value;
        },
    );
    this.shadow(
      set,
      'add',
      (original) =>
        function (this: Set<unknown>, member: unknown) {
          const before = apply(has, set, [member]);
          const result = apply(original, this, [member] as never);
          watcher.change(watched, member, 0, before, true);
          return result;
        },
    );
    this.shadow(
      set,
      'delete',
      (original) =>
        function (this: Set<unknown>, member: unknown) {
          const before = apply(has, set, [member]);
          const result = apply(original, this, [member] as never);
          if (before) watcher.change(watched, member, 1, true, false);
          return result;
        },
    );
    this.shadow(
      set,
      'clear',
      (original) =>
        function (this: Set<unknown>) {
          const before = membersOf(set);
          const result = apply(original, this, []);
          watcher.change(watched, NONE, 2, before, set);
          return result;
        },
    );
    this.wholeReads(watched, set, MAP_READERS);
  }

  private wholeReads(watched: Watched, object: object, names: readonly PropertyKey[]): void {
    const watcher = this;
    for (const name of names) {
      this.shadow(
        object,
        name,
        (original) =>
          function (this: unknown, ...args: unknown[]) {
            watcher.read(watched, NONE, object);
            return apply(original, this, args as never);
          },
      );
    }
  }

  private array(watched: Watched, array: unknown[]): void {
    const watcher = this;
    for (const name of ARRAY_WRITERS) {
      this.shadow(
        array,
        name,
        (original) =>
          function (this: unknown[], ...args: unknown[]) {
            const before = firstOf(array);
            const result = apply(original, this, args as never);
            watcher.change(watched, NONE, 0, before, array);
            return result;
          },
      );
    }
    this.say(watched.config, `${watched.config.path} is an array: writes by index are not seen`);
  }

  /** Plain object used as a dictionary: present keys become accessors; keys added later are found at the next access. */
  private dictionary(watched: Watched, object: object): void {
    for (const key of keysOf(object).slice(0, MAX_KEYS)) {
      const descriptor = descriptorOf(object, key);
      if (descriptor !== undefined && 'value' in descriptor && descriptor.configurable)
        this.property(watched, object, key, descriptor, key, false);
    }
  }

  /** Keys that came since the last look: reported as set by the span that last read the dictionary. */
  private newKeys(watched: Watched, object: object, by: number): void {
    for (const key of keysOf(object).slice(0, MAX_KEYS)) {
      const descriptor = descriptorOf(object, key);
      if (descriptor === undefined || !('value' in descriptor) || !descriptor.configurable) continue;
      this.change(watched, key, 0, undefined, descriptor.value, by);
      this.property(watched, object, key, descriptor, key, false);
    }
  }

  /** Turns a data property into an accessor over a cell that reports; `quiet` reads are not reported. */
  private property(
    watched: Watched,
    holder: object,
    key: Key,
    descriptor: PropertyDescriptor,
    reported: unknown,
    quiet: boolean,
  ): void {
    const watcher = this;
    let cell = descriptor.value as unknown;
    let silent = quiet;
    let lastReader = 0;
    const isDictionary = () =>
      reported === NONE &&
      typeof cell === 'object' &&
      cell !== null &&
      watcher.contained.has(cell) &&
      !isArray(cell) &&
      !silent;
    const get = function (this: unknown): unknown {
      if (watcher.active && this === holder) {
        if (isDictionary()) {
          watcher.newKeys(watched, cell as object, lastReader);
          lastReader = watcher.context.parent();
        } else if (!silent) watcher.read(watched, reported, cell);
      }
      return cell;
    };
    const set = function (this: unknown, value: unknown): void {
      if (this !== holder) {
        // Assignment through an object that inherits from the holder makes an own property there, as a data property would.
        define(this as object, key, {
          value,
          configurable: true,
          enumerable: descriptor.enumerable ?? true,
          writable: true,
        });
        return;
      }
      const before = cell;
      cell = value;
      if (!watcher.active) return;
      if (reported === NONE) {
        if (before !== value) watcher.release(before);
        silent = watcher.container(watched, value);
      }
      watcher.change(watched, reported, 0, before, value);
    };
    this.reader.registerCell(get, () => cell);
    define(holder, key, {
      get,
      ...(descriptor.writable ? { set } : {}),
      configurable: true,
      enumerable: descriptor.enumerable ?? true,
    });
    this.onRestore(() => {
      if (descriptorOf(holder, key)?.get === get) define(holder, key, { ...descriptor, value: cell });
    });
  }

  private read(watched: Watched, key: unknown, value: unknown): void {
    const { recorder } = this;
    if (!this.active) return;
    try {
      if (!this.open(watched, Rec.read, key, this.context.parent())) return;
      recorder.capture.value(value);
      recorder.end();
    } catch (error) {
      recorder.abort(error, watched.config.probe);
    }
  }

  private change(
    watched: Watched,
    key: unknown,
    op: number,
    before: unknown,
    after: unknown,
    by = this.context.parent(),
  ): void {
    const { recorder } = this;
    if (!this.active || op >= OPS.length) return;
    try {
      if (!this.open(watched, Rec.change, key, by)) return;
      recorder.out.byte(op);
      recorder.capture.value(before);
      recorder.capture.value(after);
      recorder.end();
    } catch (error) {
      recorder.abort(error, watched.config.probe);
    }
  }

  private open(watched: Watched, kind: number, key: unknown, by: number): boolean {
    const { recorder } = this;
    if (!this.admit() || !recorder.begin(kind)) return false;
    recorder.out.varint(watched.config.probe);
    recorder.out.varint(by);
    recorder.out.varint(this.ids.of(watched.holder));
    recorder.out.byte(key === NONE ? 0 : 1);
    if (key !== NONE) recorder.capture.value(key);
    return true;
  }
}

/** Copies made with the built-in methods, bounded: no code of a subclass runs, and our own shadows report nothing. */
function firstOf(array: readonly unknown[]): unknown[] {
  const copy: unknown[] = [];
  for (let i = 0; i < array.length && i < MAX_COPIED; i++) copy[i] = descriptorOf(array, i)?.value;
  return copy;
}

function entriesOf(map: Map<unknown, unknown>): Map<unknown, unknown> {
  const copy = new Map<unknown, unknown>();
  apply(mapForEach, map, [(value: unknown, key: unknown) => copy.size < MAX_COPIED && copy.set(key, value)]);
  return copy;
}

function membersOf(set: Set<unknown>): Set<unknown> {
  const copy = new Set<unknown>();
  apply(setForEach, set, [(member: unknown) => copy.size < MAX_COPIED && copy.add(member)]);
  return copy;
}
