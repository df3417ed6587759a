import { EventEmitter } from 'node:events';
import type { Bus } from './bus.js';

/** A bus within this process. A message is delivered before `publish` returns. */
export class MemoryBus implements Bus {
  // Every open page is a listener.
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  async publish(topic: string, message: unknown): Promise<void> {
    this.emitter.emit(topic, message);
  }

  subscribe(topic: string, listener: (message: unknown) => void): () => void {
    this.emitter.on(topic, listener);
    return () => this.emitter.off(topic, listener);
  }

  async close(): Promise<void> {
    this.emitter.removeAllListeners();
  }
}
