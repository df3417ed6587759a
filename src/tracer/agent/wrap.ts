import type { Context } from './context.ts';
import { apply, construct, define, descriptorOf, functionPrototype, prototypeOf } from './host.ts';
import type { Probe, Standing } from './probe.ts';
import type { Tracer } from './tracer.ts';

type AnyFunction = (...args: never[]) => unknown;

/**
 * Counts the call and makes it. Nothing may come in between: the host can ask for the counters wherever code is entered, and
 * compares them with V8's, which counts at the original's own entry.
 */
function launch(probe: Probe, original: AnyFunction, self: unknown, args: unknown[]): unknown {
  probe.calls++;
  return apply(original, self, args);
}

/** Runs the original inside the probe's span and records how it ended. Shared by every wrapper. */
export function traced(
  tracer: Tracer,
  context: Context,
  probe: Probe,
  standing: Standing,
  self: unknown,
  args: unknown[],
): unknown {
  const original = standing.original as AnyFunction;
  if (!probe.active) return apply(original, self, args);
  const call = tracer.enter(probe, self, args);
  if (probe.config.generator) probe.bodies++;
  else probe.entering = true;
  if (call === 0) {
    probe.calls++;
    return apply(original, self, args);
  }
  const previous = context.current;
  context.current = call;
  let result: unknown;
  try {
    if (probe.usesStorage) result = context.storage.run(call, launch, probe, original, self, args);
    else {
      // As in `launch`, without a frame more on the application's stack.
      probe.calls++;
      result = apply(original, self, args);
    }
  } catch (error) {
    context.current = previous;
    probe.entering = false;
    tracer.throws(probe, call, error, self, args);
    throw error;
  }
  context.current = previous;
  probe.entering = false;
  if (!tracer.isNativePromise(result)) {
    tracer.exit(probe, call, result, false, self, args);
    return result;
  }
  probe.usesStorage = true;
  tracer.exit(probe, call, result, true, self, args);
  return tracer.observe(probe, call, result, self, args);
}

/** `new` on a traced function: the object is the result. */
function tracedNew(
  tracer: Tracer,
  context: Context,
  probe: Probe,
  standing: Standing,
  wrapper: AnyFunction,
  args: unknown[],
  target: AnyFunction,
): object {
  const original = standing.original as AnyFunction;
  const newTarget = target === wrapper ? original : target;
  if (!probe.active) return construct(original, args, newTarget);
  const call = tracer.enter(probe, undefined, args);
  probe.entering = true;
  const previous = context.current;
  if (call !== 0) context.current = call;
  try {
    probe.calls++;
    const object = construct(original, args, newTarget);
    context.current = previous;
    probe.entering = false;
    if (call !== 0) tracer.exit(probe, call, object, false, undefined, args);
    return object;
  } catch (error) {
    context.current = previous;
    probe.entering = false;
    if (call !== 0) tracer.throws(probe, call, error, undefined, args);
    throw error;
  }
}

/**
 * The function that stands in for `standing.original`, which may be bound later (`dress`). `constructible` as the
 * original is: a method, an arrow or an async function must go on refusing `new`.
 */
export function makeWrapper(
  tracer: Tracer,
  context: Context,
  probe: Probe,
  standing: Standing,
  constructible: boolean,
): AnyFunction {
  if (!constructible) {
    return {
      method(this: unknown, ...args: unknown[]): unknown {
        return traced(tracer, context, probe, standing, this, args);
      },
    }.method;
  }
  return function wrapper(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return traced(tracer, context, probe, standing, this, args);
    return tracedNew(tracer, context, probe, standing, wrapper as AnyFunction, args, new.target as never);
  } as AnyFunction;
}

/** Gives the wrapper the original's name, length, own properties, `prototype` and prototype. */
export function dress(wrapper: AnyFunction, original: AnyFunction): void {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = descriptorOf(original, key);
    const existing = descriptorOf(wrapper, key);
    if (descriptor === undefined || existing?.configurable === false) {
      if (key === 'prototype' && descriptor !== undefined)
        (wrapper as unknown as { prototype: unknown }).prototype = descriptor.value;
      continue;
    }
    define(wrapper, key, descriptor);
  }
  const prototype = prototypeOf(original);
  if (prototype !== functionPrototype) Object.setPrototypeOf(wrapper, prototype);
}
