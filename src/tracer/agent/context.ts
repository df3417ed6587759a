import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Host } from './host.ts';

/**
 * Which span is running now. Synchronous nesting is a plain variable; only what crosses an `await` or a callback goes
 * through AsyncLocalStorage, because entering it costs ten times a plain call on Node 24 and later.
 */
export class Context {
  /** Innermost span running synchronously, 0 = none; valid only within one synchronous run. */
  current = 0;
  readonly storage: AsyncLocalStorage<number>;

  constructor(host: Host) {
    this.storage = new host.AsyncLocalStorage<number>();
  }

  /** The span that new work belongs to, 0 = none. */
  parent(): number {
    if (this.current !== 0) return this.current;
    return this.storage.getStore() ?? 0;
  }
}
