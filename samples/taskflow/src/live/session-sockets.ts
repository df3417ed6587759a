import type { WebSocket } from 'ws';
import type { Session } from '../auth/session.js';
import type { SessionService } from '../auth/session-service.js';

const POLICY_VIOLATION = 1008;

interface Held {
  sessionId: string;
  /** Whether it has been pinged and has not answered. */
  waiting: boolean;
}

/** The sockets of live pages, each of which lives no longer than the session it was opened with. */
export class SessionSockets {
  private readonly sockets = new Map<WebSocket, Held>();

  constructor(
    private readonly sessions: Pick<SessionService, 'onEnded' | 'stillLive'>,
    private readonly failed: (error: unknown) => void,
  ) {
    sessions.onEnded((ids) => this.closeOf((id) => ids.includes(id)));
  }

  /** Takes a socket until it closes. */
  add(socket: WebSocket, session: Session): void {
    const held: Held = { sessionId: session.id, waiting: false };
    this.sockets.set(socket, held);
    socket.on('pong', () => {
      held.waiting = false;
    });
    socket.on('close', () => this.sockets.delete(socket));
  }

  /**
   * To be called from time to time: drops the sockets that have not answered since the last call, and closes those
   * whose session has expired or was ended by another node.
   */
  async check(): Promise<void> {
    for (const [socket, held] of this.sockets) {
      if (held.waiting) {
        socket.terminate();
        continue;
      }
      held.waiting = true;
      socket.ping();
    }
    const ids = [...new Set([...this.sockets.values()].map((held) => held.sessionId))];
    if (ids.length === 0) return;
    try {
      const live = await this.sessions.stillLive(ids);
      const ended = new Set(ids.filter((id) => !live.has(id)));
      this.closeOf((id) => ended.has(id));
    } catch (error) {
      // Asked again the next time: a database that is away for a moment logs nobody out.
      this.failed(error);
    }
  }

  private closeOf(ended: (sessionId: string) => boolean): void {
    for (const [socket, { sessionId }] of this.sockets) {
      if (ended(sessionId)) socket.close(POLICY_VIOLATION, 'Your session has ended; log in again.');
    }
  }
}
