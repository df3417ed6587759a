import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Turn } from './turn.js';
import { ABANDON, endsIdle, FrontendReader } from './wire.js';

/** The part of PGlite the gateway needs: protocol bytes in, protocol bytes out, one call at a time. */
export interface Engine {
  execProtocolRaw(message: Uint8Array): Promise<Uint8Array>;
}

/**
 * Lets many PostgreSQL clients share one single-connection engine, like a pooler in transaction mode: a client
 * holds the engine from its first message until the engine reports that it is idle again.
 *
 * Why not `@electric-sql/pglite-socket`: it queues single messages, so that the Parse and Bind of different clients
 * mix as soon as one has a transaction open, and clients get each other's rows.
 *
 * Limits: session state (SET, LISTEN, temporary tables, named prepared statements) is shared by all clients, there is
 * no authentication, and requests to cancel are ignored. `pg` with unnamed statements needs none of these.
 */
export class Gateway {
  private readonly turn = new Turn();
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(private readonly engine: Engine) {
    this.server = createServer({ noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      void this.serve(socket);
    });
  }

  /** Listens on the loopback interface; resolves to the port, chosen by the system when `port` is 0. */
  listen(port = 0): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => resolve((this.server.address() as AddressInfo).port));
    });
  }

  /** Drops every client and stops listening. */
  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async serve(socket: Socket): Promise<void> {
    const reader = new FrontendReader();
    let release: (() => void) | undefined;
    try {
      for await (const chunk of socket) {
        for (const unit of reader.push(chunk as Buffer)) {
          if (unit.kind === 'negotiate') socket.write('N');
          else if (unit.kind === 'cancel' || unit.kind === 'terminate') return;
          else {
            release ??= await this.turn.take();
            const answer = await this.engine.execProtocolRaw(unit.bytes);
            if (!socket.destroyed) socket.write(answer);
            if (endsIdle(answer)) {
              release();
              release = undefined;
            }
          }
        }
      }
    } catch {
      // The client vanished or spoke another protocol. Its connection is closed below; nobody else is concerned.
    } finally {
      socket.destroy();
      if (release) {
        for (const message of ABANDON) await this.engine.execProtocolRaw(message).catch(() => undefined);
        release();
      }
    }
  }
}
