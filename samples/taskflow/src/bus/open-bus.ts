import { BrokerBus } from './broker-bus.js';
import type { Bus } from './bus.js';
import { MemoryBus } from './memory-bus.js';

export interface BusAddresses {
  /** A Redis server. */
  redisUrl: string | undefined;
  /** A broker, `tcp://127.0.0.1:4100`. */
  brokerUrl: string | undefined;
}

/** The bus between the nodes; within this process when no address is given. Redis comes before a broker. */
export async function openBus({ redisUrl, brokerUrl }: BusAddresses, log: (message: string) => void): Promise<Bus> {
  if (redisUrl) {
    // Loaded when it is used: most starts do without Redis, and need not wait for its client.
    const { RedisBus } = await import('./redis-bus.js');
    return RedisBus.open(redisUrl, log);
  }
  return brokerUrl ? BrokerBus.open(brokerUrl, log) : new MemoryBus();
}
