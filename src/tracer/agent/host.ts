/**
 * The parts of the target's own runtime that the agent uses, taken once at installation, so that what the application
 * replaces later (fake timers, patched prototypes) changes nothing for us and nothing of ours changes for it.
 */
export interface Host {
  readonly now: () => number;
  readonly types: typeof import('node:util').types;
  readonly AsyncLocalStorage: typeof import('node:async_hooks').AsyncLocalStorage;
  readonly channels: typeof import('node:diagnostics_channel');
  readonly module: typeof import('node:module') & { _cache?: Record<string, { exports: unknown } | undefined> };
  readonly setInterval: typeof setInterval;
  readonly clearInterval: typeof clearInterval;
}

type Load = (name: string) => unknown;

/** `load` is the command-line API's `require`, for targets before `process.getBuiltinModule`. */
export function takeHost(load: Load | undefined): Host {
  const builtin: Load = process.getBuiltinModule ? (name) => process.getBuiltinModule(name) : (load as Load);
  const performance = globalThis.performance;
  const timers = builtin('node:timers') as { setInterval: typeof setInterval; clearInterval: typeof clearInterval };
  return {
    now: performance.now.bind(performance),
    types: (builtin('node:util') as typeof import('node:util')).types,
    AsyncLocalStorage: (builtin('node:async_hooks') as typeof import('node:async_hooks')).AsyncLocalStorage,
    channels: builtin('node:diagnostics_channel') as Host['channels'],
    module: builtin('node:module') as Host['module'],
    setInterval: timers.setInterval,
    clearInterval: timers.clearInterval,
  };
}

export const apply = Reflect.apply;
export const construct = Reflect.construct;
export const keysOf = Object.keys;
export const namesOf = Object.getOwnPropertyNames;
export const descriptorOf = Object.getOwnPropertyDescriptor;
export const prototypeOf = Object.getPrototypeOf;
export const define = Object.defineProperty;
export const isArray = Array.isArray;
export const objectPrototype = Object.prototype;
export const arrayPrototype = Array.prototype;
export const functionPrototype = Function.prototype;
export const promisePrototype = Promise.prototype;
export const promiseThen = Promise.prototype.then;
const functionToString = Function.prototype.toString;

/** Source text of a function; native code has its usual placeholder. Runs no code of the application. */
export function sourceOf(fn: object): string {
  return apply(functionToString, fn, []);
}
