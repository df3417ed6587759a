import { createHash, randomBytes } from 'node:crypto';
import type { IssuedSession, Session } from './session.js';
import type { SessionRepository } from './session-repository.js';

const LIFETIME_MS = 7 * 24 * 60 * 60 * 1_000;
const TOKEN = /^[\w-]{43}$/;
// A page makes many requests in a row: they share one look-up. A session that ended on another node lives on here
// for this long.
const REMEMBER_MS = 5_000;
const MOST_REMEMBERED = 10_000;

interface Remembered {
  session: Session;
  until: number;
}

/** Begins, finds and ends sessions. */
export class SessionService {
  private readonly remembered = new Map<string, Remembered>();
  private readonly listeners: ((ids: readonly string[]) => void)[] = [];

  constructor(private readonly sessions: SessionRepository) {}

  /** Calls `listener` with the ids of sessions that are ended here. */
  onEnded(listener: (ids: readonly string[]) => void): void {
    this.listeners.push(listener);
  }

  async begin(userId: number): Promise<IssuedSession> {
    await this.sessions.deleteExpired();
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + LIFETIME_MS);
    await this.sessions.insert(idOf(token), userId, expiresAt);
    return { token, expiresAt };
  }

  /** The session that a token belongs to; null when there is none, or it has ended. */
  async find(token: string): Promise<Session | null> {
    if (!TOKEN.test(token)) return null;
    const id = idOf(token);
    const known = this.remembered.get(id);
    if (known && known.until > Date.now()) return known.session;
    const session = await this.sessions.find(id);
    this.remembered.delete(id);
    if (session) this.remember(session);
    return session;
  }

  async end(session: Session): Promise<void> {
    await this.sessions.delete(session.id);
    this.remembered.delete(session.id);
    this.tellEnded([session.id]);
  }

  /** Ends the user's sessions on all other devices. */
  async endOthers({ id, user }: Session): Promise<void> {
    const ended = await this.sessions.deleteOthers(user.id, id);
    this.forgetUser(user.id);
    this.tellEnded(ended);
  }

  /** Those of these sessions that have not ended, on whatever node; nothing is taken from memory. */
  async stillLive(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(await this.sessions.findLive(ids));
  }

  /** To be called when a user's name has changed. */
  forgetUser(userId: number): void {
    for (const [id, { session }] of this.remembered) if (session.user.id === userId) this.remembered.delete(id);
  }

  private tellEnded(ids: readonly string[]): void {
    for (const listener of this.listeners) listener(ids);
  }

  private remember(session: Session): void {
    // In the order in which they were remembered: the first one is the oldest.
    const [oldest] = this.remembered.keys();
    if (this.remembered.size >= MOST_REMEMBERED && oldest !== undefined) this.remembered.delete(oldest);
    this.remembered.set(session.id, { session, until: Date.now() + REMEMBER_MS });
  }
}

const idOf = (token: string): string => createHash('sha256').update(token).digest('hex');
