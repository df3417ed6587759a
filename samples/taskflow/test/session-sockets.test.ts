import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { Session } from '../dist/auth/session.js';
import { SessionRepository } from '../dist/auth/session-repository.js';
import { SessionService } from '../dist/auth/session-service.js';
import { SessionSockets } from '../dist/live/session-sockets.js';
import { resetData, testDatabase } from './support.js';

/** A socket that notes what is done with it. */
class NotedSocket extends EventEmitter {
  readonly done: string[] = [];
  ping(): void {
    this.done.push('ping');
  }
  close(code: number): void {
    this.done.push(`close ${code}`);
  }
  terminate(): void {
    this.done.push('terminate');
  }
}

describe('SessionSockets', () => {
  let sessions: SessionService;

  beforeEach(async () => {
    await resetData({ users: 3, projects: 1, tasks: 1 });
    sessions = new SessionService(new SessionRepository((await testDatabase()).pool));
  });

  const open = async (sockets: SessionSockets, userId: number): Promise<NotedSocket> => {
    const { token } = await sessions.begin(userId);
    const socket = new NotedSocket();
    sockets.add(socket as unknown as WebSocket, (await sessions.find(token)) as Session);
    return socket;
  };

  it('closes those whose session another node has ended, or has expired', async () => {
    const { pool } = await testDatabase();
    const sockets = new SessionSockets(sessions, assert.fail as (error: unknown) => void);
    const all = [await open(sockets, 1), await open(sockets, 2), await open(sockets, 3)];
    await pool.query('DELETE FROM sessions WHERE user_id = 1');
    await pool.query('UPDATE sessions SET expires_at = now() WHERE user_id = 2');
    await sockets.check();
    assert.deepEqual(
      all.map((socket) => socket.done),
      [['ping', 'close 1008'], ['ping', 'close 1008'], ['ping']],
    );
  });

  it('drops those that have not answered the last ping, and lets go of those that have closed', async () => {
    const sockets = new SessionSockets(sessions, assert.fail as (error: unknown) => void);
    const [dead, alive, closed] = [await open(sockets, 1), await open(sockets, 1), await open(sockets, 1)];
    await sockets.check();
    alive.emit('pong');
    closed.emit('close');
    await sockets.check();
    assert.deepEqual(
      [dead, alive, closed].map((socket) => socket.done),
      [['ping', 'terminate'], ['ping', 'ping'], ['ping']],
    );
  });

  it('closes none while the database is away', async () => {
    const failures: unknown[] = [];
    const broken = new Error('away');
    const sockets = new SessionSockets(
      { onEnded: () => undefined, stillLive: () => Promise.reject(broken) },
      (error) => void failures.push(error),
    );
    const socket = await open(sockets, 1);
    await sockets.check();
    assert.deepEqual([socket.done, failures], [['ping'], [broken]]);
  });
});
