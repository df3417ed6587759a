import { descriptorOf, type Host, prototypeOf } from './host.ts';

/** Answer of a read that could not be made without running code of the application. */
export class Unreadable {
  constructor(readonly why: 'getter' | 'proxy' | 'path') {}
}
const GETTER = new Unreadable('getter');
const PROXY = new Unreadable('proxy');
const PATH = new Unreadable('path');

/** By identity: `instanceof` would walk the value's prototypes, and trap a Proxy among them. */
export function isUnreadable(value: unknown): value is Unreadable {
  return value === GETTER || value === PROXY || value === PATH;
}
const MAX_PROTOTYPES = 32;

type Key = string | number;

/**
 * Reads properties as data: no getter runs, no Proxy is trapped. Properties that a watch turned into accessors are
 * read through the watch's own cell.
 */
export class SafeReader {
  /** Accessor functions of our watches -> current value. */
  private readonly cells = new WeakMap<object, () => unknown>();

  constructor(private readonly types: Host['types']) {}

  registerCell(getter: object, read: () => unknown): void {
    this.cells.set(getter, read);
  }

  /** Value of `object[key]` through the prototype chain, or why it cannot be read. */
  read(object: unknown, key: Key): unknown {
    if (typeof object === 'string') return typeof key === 'number' || key === 'length' ? (object as never)[key] : PATH;
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return PATH;
    let holder: object | null = object;
    for (let i = 0; holder !== null && i < MAX_PROTOTYPES; i++) {
      if (this.types.isProxy(holder)) return PROXY;
      const descriptor = descriptorOf(holder, key);
      if (descriptor !== undefined) return this.valueOf(descriptor);
      holder = prototypeOf(holder);
    }
    return PATH;
  }

  /** Value of an own property's descriptor. */
  valueOf(descriptor: PropertyDescriptor): unknown {
    if (descriptor.get === undefined) return descriptor.set === undefined ? descriptor.value : GETTER;
    const cell = this.cells.get(descriptor.get);
    return cell === undefined ? GETTER : cell();
  }

  /** Follows `keys` from `root`. */
  path(root: unknown, keys: readonly Key[]): unknown {
    let value = root;
    for (const key of keys) {
      value = this.read(value, key);
      if (isUnreadable(value)) return value;
    }
    return value;
  }
}
