import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { FrontendReader } from '../dist/database/embedded/wire.js';

/** Between the application and a PostgreSQL server: passes everything on unchanged, and notes the statements. */
export interface Relay {
  /** As the server's, with the relay's port. */
  url: string;
  close(): Promise<void>;
}

/** Listens on the loopback interface; `noted` is called with the SQL of each Query and Parse message. */
export async function startRelay(serverUrl: string, noted: (message: Uint8Array) => void): Promise<Relay> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port || 5432), noDelay: true });
    const reader = new FrontendReader();
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('error', () => other.destroy());
    }
    client.on('data', (chunk: Buffer) => {
      try {
        for (const unit of reader.push(chunk)) if ('bytes' in unit) noted(unit.bytes);
      } catch {
        // Not the protocol: the server would close the connection too.
        client.destroy();
      }
    });
    client.pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
