import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { FrameReader, frame } from './frames.js';

/**
 * Passes what one node says on to all others, for nodes on one machine that have no Redis. Nothing is kept: who is not
 * connected hears nothing. Listens on the loopback interface only, and asks nobody who they are.
 */
export class Broker {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor() {
    this.server = createServer({ noDelay: true }, (socket) => this.serve(socket));
  }

  /** Resolves to the address for `TASKFLOW_BUS`. */
  listen(port = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () =>
        resolve(`tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`),
      );
    });
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private serve(socket: Socket): void {
    const reader = new FrameReader();
    this.sockets.add(socket);
    socket.setEncoding('utf8');
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => {
      try {
        for (const value of reader.push(text)) this.passOn(value, socket);
      } catch {
        socket.destroy();
      }
    });
    // Whoever reads this knows that all that is said from now on will arrive.
    socket.write(frame({ ready: true }));
  }

  private passOn(value: unknown, from: Socket): void {
    const line = frame(value);
    for (const socket of this.sockets) if (socket !== from) socket.write(line);
  }
}
