import type { Context } from './context.ts';
import { define, descriptorOf, type Host, keysOf, prototypeOf, sourceOf } from './host.ts';
import { hashText, type Probe, type Standing } from './probe.ts';
import type { Tracer } from './tracer.ts';
import { Note } from './wire.ts';
import { dress, makeWrapper } from './wrap.ts';

type AnyFunction = (...args: never[]) => unknown;
const MAX_PROTOTYPES = 32;
/** Own property of a wrapper that records nothing any more: the original. */
const FORWARDS_TO = Symbol.for('nodescope.forwardsTo');
/** Objects of one class whose own function is replaced; each keeps its object alive until detach. */
const MAX_ORIGINALS = 1000;

/**
 * Replaces the bindings a function is called through by its wrapper, and remembers how to undo each. Called from
 * breakpoint conditions, that is from inside the application's frames: nothing here throws or runs its code.
 */
export class Rebinder {
  constructor(
    private readonly tracer: Tracer,
    private readonly context: Context,
    private readonly host: Host,
    private readonly note: (probe: number, note: number, text: string) => unknown,
  ) {}

  /** The function behind a forwarder that an earlier recorder had to leave in a constant; any other value as it is. */
  private behind(value: unknown): unknown {
    if (typeof value !== 'function' || this.host.types.isProxy(value)) return value;
    return descriptorOf(value, FORWARDS_TO)?.value ?? value;
  }

  /** Marks the probe's wrappers as mere forwarders, for whoever records this process next. */
  retire(probe: Probe): void {
    const pairs = [
      [probe.wrapper, probe.original] as const,
      ...[...probe.others].map(([original, wrapper]) => [wrapper, original] as const),
    ];
    for (const [wrapper, original] of pairs) {
      if (wrapper !== null && original !== null) define(wrapper, FORWARDS_TO, { value: original, configurable: true });
    }
  }

  /** Tells the host once why the binding cannot be replaced; a function found later at a call site is told as bound. */
  unreachable(probe: Probe, why: string): void {
    if (probe.toldUnreachable) return;
    probe.toldUnreachable = true;
    this.note(probe.config.id, Note.unreachable, why);
  }

  /** Whether `value` is the function the probe means: same source text (its end, since `toString` may start earlier). */
  matches(probe: Probe, value: unknown): value is AnyFunction {
    if (typeof value !== 'function' || this.host.types.isProxy(value)) return false;
    const text = sourceOf(value);
    const { sourceLength, sourceHash } = probe.config;
    return text.length >= sourceLength && hashText(text.slice(text.length - sourceLength)) === sourceHash;
  }

  /** The wrapper for `original`, the first function found that the probe means; null for another one of the same text. */
  private wrapperFor(probe: Probe, original: AnyFunction): AnyFunction | null {
    probe.wrapper ??= this.wrapperOf(probe, probe, original);
    if (probe.original === null) {
      probe.original = original;
      probe.wrappers.add(probe.wrapper);
      dress(probe.wrapper, original);
    }
    return probe.original === original ? probe.wrapper : null;
  }

  /** Like `wrapperFor`, with a wrapper of its own for each further function of the same text, up to a limit. */
  private ownWrapperFor(probe: Probe, original: AnyFunction): AnyFunction | null {
    const first = this.wrapperFor(probe, original);
    if (first !== null) return first;
    let wrapper = probe.others.get(original);
    if (wrapper === undefined) {
      if (probe.others.size >= MAX_ORIGINALS) return null;
      wrapper = this.wrapperOf(probe, { original }, original);
      probe.wrappers.add(wrapper);
      dress(wrapper, original);
      probe.others.set(original, wrapper);
      if (probe.others.size === 1) this.note(probe.config.id, Note.each, '');
    }
    return wrapper;
  }

  private wrapperOf(probe: Probe, standing: Standing, original: AnyFunction): AnyFunction {
    const constructible = descriptorOf(original, 'prototype')?.writable === true && !this.isGenerator(original);
    return makeWrapper(this.tracer, this.context, probe, standing, constructible);
  }

  /** Closures: the name is bound anew each time, and a wrapper of the first would run the first one's code. */
  private severalOf(probe: Probe): void {
    if (probe.several) return;
    probe.several = true;
    this.note(probe.config.id, Note.several, '');
  }

  private isGenerator(fn: AnyFunction): boolean {
    return this.host.types.isGeneratorFunction(fn);
  }

  /**
   * For an assignable binding: `f = bind(probe, f, v => { f = v })`. Gives what to assign: the wrapper, or the value as it
   * was when it is not the function meant.
   */
  bind(probe: Probe, value: unknown, assign: (value: unknown) => void): unknown {
    if (this.isWrapper(probe, value)) return value;
    const original = this.behind(value);
    if (!this.matches(probe, original)) {
      this.unreachable(probe, 'its name is bound to another value');
      return value;
    }
    const wrapper = this.wrapperFor(probe, original);
    if (wrapper === null) {
      this.severalOf(probe);
      return value;
    }
    probe.restores.push(() => assign(original));
    this.rebindExports(probe, original, wrapper);
    this.note(probe.config.id, Note.bound, '');
    return wrapper;
  }

  /** For a `const`: whether the frame's value is the function meant; the host then pauses once and sets the variable. */
  arm(probe: Probe, held: unknown): boolean {
    if (this.isWrapper(probe, held)) return false;
    const value = this.behind(held);
    if (!this.matches(probe, value)) {
      this.unreachable(probe, 'its name is bound to another value');
      return false;
    }
    const wrapper = this.wrapperFor(probe, value);
    if (wrapper === null) {
      this.severalOf(probe);
      return false;
    }
    this.rebindExports(probe, value, wrapper);
    return true;
  }

  /**
   * For a method: the holder on the receiver's prototype chain whose own property is the function, or the object literal
   * it was written in, `keys` away from the variable's value `root`.
   */
  method(probe: Probe, self: unknown, key: string, root: unknown, keys: readonly string[]): void {
    if (this.onChain(probe, self, key) || this.onChain(probe, this.follow(root, keys), key)) return;
    if (!this.exported(probe))
      this.unreachable(probe, `no object on the receiver's prototype chain holds it as "${key}"`);
  }

  private follow(root: unknown, keys: readonly string[]): unknown {
    let value = root;
    for (const key of keys) {
      if (!this.isObject(value) || this.host.types.isProxy(value)) return undefined;
      value = descriptorOf(value, key)?.value;
    }
    return value;
  }

  /** Whether an object on the chain has the function under `key`; it has the wrapper then. */
  private onChain(probe: Probe, self: unknown, key: string): boolean {
    let holder: unknown = self;
    for (let i = 0; i < MAX_PROTOTYPES && this.isObject(holder); i++) {
      if (this.host.types.isProxy(holder)) break;
      const value = descriptorOf(holder, key)?.value;
      if (this.isWrapper(probe, value)) return true;
      if (this.matches(probe, value)) return this.replaceProperty(probe, holder, key, value);
      holder = prototypeOf(holder);
    }
    return false;
  }

  /** Looks for the function by its source text among what loaded CommonJS modules export, and replaces it there. */
  exported(probe: Probe): boolean {
    const original = probe.original ?? this.findExport(probe);
    if (original === null) {
      this.unreachable(probe, 'neither its name nor an export leads to it');
      return false;
    }
    const before = probe.restores.length;
    const wrapper = this.wrapperFor(probe, original);
    if (wrapper !== null) this.rebindExports(probe, original, wrapper);
    if (probe.restores.length === before) return false;
    this.note(probe.config.id, Note.bound, '');
    return true;
  }

  private findExport(probe: Probe): AnyFunction | null {
    const cache = this.host.module._cache ?? {};
    for (const file of keysOf(cache)) {
      const module = cache[file];
      const exported = this.isObject(module) ? (descriptorOf(module, 'exports')?.value as unknown) : undefined;
      if (this.matches(probe, exported)) return exported;
      if (typeof exported !== 'object' || exported === null || this.host.types.isProxy(exported)) continue;
      for (const key of keysOf(exported).slice(0, 1000)) {
        const value = descriptorOf(exported, key)?.value as unknown;
        if (this.matches(probe, value)) return value;
      }
    }
    return null;
  }

  /** Replaces `holder[key]`, which is `original`, and remembers to put it back. */
  replaceProperty(probe: Probe, holder: object, key: PropertyKey, original: AnyFunction, quiet = false): boolean {
    const descriptor = descriptorOf(holder, key);
    if (descriptor === undefined || !('value' in descriptor)) return false;
    if (!descriptor.configurable && !descriptor.writable) {
      this.unreachable(probe, `the property "${String(key)}" that holds it is frozen`);
      return false;
    }
    const wrapper = this.ownWrapperFor(probe, original);
    if (wrapper === null) return false;
    define(holder, key, { ...descriptor, value: wrapper });
    probe.restores.push(() => {
      const now = descriptorOf(holder, key);
      if (now?.value === wrapper) define(holder, key, { ...now, value: original });
    });
    if (!quiet) this.note(probe.config.id, Note.bound, '');
    return true;
  }

  private isWrapper(probe: Probe, value: unknown): boolean {
    return typeof value === 'function' && probe.wrappers.has(value);
  }

  private isObject(value: unknown): value is object {
    return (typeof value === 'object' && value !== null) || typeof value === 'function';
  }

  /** CommonJS: what `module.exports` of loaded modules holds under any name is a second binding of the same function. */
  private rebindExports(probe: Probe, original: AnyFunction, wrapper: AnyFunction): void {
    const cache = this.host.module._cache;
    if (cache === undefined) return;
    for (const file of keysOf(cache)) {
      const module = cache[file];
      if (module === undefined || !this.isObject(module)) continue;
      const exported = descriptorOf(module, 'exports')?.value as unknown;
      if (exported === original) {
        (module as { exports: unknown }).exports = wrapper;
        probe.restores.push(() => {
          if (module.exports === wrapper) module.exports = original;
        });
      } else if (typeof exported === 'object' && exported !== null && !this.host.types.isProxy(exported)) {
        this.rebindOwn(probe, exported, original, wrapper);
      }
    }
  }

  private rebindOwn(probe: Probe, holder: object, original: AnyFunction, wrapper: AnyFunction): void {
    for (const key of keysOf(holder).slice(0, 1000)) {
      const descriptor = descriptorOf(holder, key);
      if (descriptor?.value !== original || !(descriptor.writable || descriptor.configurable)) continue;
      define(holder, key, { ...descriptor, value: wrapper });
      probe.restores.push(() => {
        const now = descriptorOf(holder, key);
        if (now?.value === wrapper) define(holder, key, { ...now, value: original });
      });
    }
  }

  /** Identity when the original is known; before that the source text decides, and the value found is the original from then on. */
  is(probe: Probe, value: unknown): boolean {
    if (probe.original !== null) return value === probe.original || this.behind(value) === probe.original;
    if (!this.matches(probe, value)) return false;
    this.wrapperFor(probe, value);
    return true;
  }

  /**
   * Looks through a caller's scope, given as an object: names of variables that are the function. Objects among the
   * variables are searched, three levels down, for properties that hold it, which are replaced.
   */
  look(probe: Probe, scope: unknown, isReceiver: boolean): string[] {
    if (!this.isObject(scope) || this.host.types.isProxy(scope)) return [];
    const names: string[] = [];
    const search = new Search(this.host.now() + SEARCH_MS);
    for (const key of Reflect.ownKeys(scope)) {
      const value = descriptorOf(scope, key)?.value as unknown;
      if (typeof value === 'function' && this.is(probe, value)) {
        if (typeof key === 'string') names.push(key);
        // A receiver's own property is a holder; a scope's copy is not, and replacing it does nothing.
        this.replaceProperty(probe, scope, key, value as AnyFunction, !isReceiver);
      } else if (this.isObject(value)) this.search(probe, value, 3, search);
    }
    return names;
  }

  private search(probe: Probe, object: object, level: number, search: Search): void {
    if (search.seen.has(object) || search.budget <= 0 || this.host.types.isProxy(object)) return;
    search.seen.add(object);
    for (const key of Reflect.ownKeys(object)) {
      if (--search.budget <= 0 || ((search.budget & 255) === 0 && this.host.now() > search.deadline)) {
        search.budget = 0;
        return;
      }
      const value = descriptorOf(object, key)?.value as unknown;
      if (typeof value === 'function' && this.is(probe, value))
        this.replaceProperty(probe, object, key, value as AnyFunction);
      else if (level > 1 && typeof value === 'object' && value !== null) this.search(probe, value, level - 1, search);
    }
  }
}

const SEARCH_MS = 3;
class Search {
  readonly seen = new Set<object>();
  budget = 20_000;
  constructor(readonly deadline: number) {}
}
