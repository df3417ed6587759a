import type { PublicUser } from '../users/user.js';

/** Who a request is from. */
export interface Session {
  /** SHA-256 of the token, in hex: the token itself is known to its holder alone. */
  id: string;
  user: PublicUser;
}

export interface IssuedSession {
  token: string;
  expiresAt: Date;
}
