import type { AuditLog } from '../audit/audit-log.js';
import type { IssuedSession, Session } from '../auth/session.js';
import type { SessionService } from '../auth/session-service.js';
import { forbidden, notFound, unauthorized } from '../errors.js';
import { LoginThrottle } from './login-throttle.js';
import { hashPassword, verifyPassword } from './password.js';
import type { Account, AccountPatch, NewUser } from './user.js';
import type { UserRepository } from './user-repository.js';

/** Registering, logging in and out, and what users change about themselves. */
export class AccountService {
  private decoy: Promise<string> | undefined;
  private readonly throttle = new LoginThrottle();

  constructor(
    private readonly users: UserRepository,
    private readonly sessions: SessionService,
    private readonly audit: AuditLog,
    private readonly registered: (userId: number) => void,
  ) {}

  /** Rejects with 409 when the address or the name is taken. */
  async register({ email, username, password }: NewUser): Promise<{ user: Account; session: IssuedSession }> {
    const user = await this.users.insert({ email, username, passwordHash: await hashPassword(password) });
    this.registered(user.id);
    this.audit.record(user.id, 'registered', user.username);
    return { user, session: await this.sessions.begin(user.id) };
  }

  /**
   * By e-mail address or user name. Rejects with 401, the same for an unknown user and for a wrong password, and with 429
   * after too many of them.
   */
  async logIn(login: string, password: string): Promise<{ user: Account; session: IssuedSession }> {
    this.throttle.check(login);
    const found = await this.users.findByLogin(login);
    // An unknown user costs as much as a known one: the time an answer takes tells nobody who has an account.
    const right = await verifyPassword(password, found?.passwordHash ?? (await this.decoyHash()));
    if (!found || !right) {
      this.throttle.failed(login);
      throw unauthorized('The user name or the password is wrong; try again.');
    }
    this.throttle.succeeded(login);
    this.audit.record(found.id, 'logged in', login);
    return { user: await this.account(found.id), session: await this.sessions.begin(found.id) };
  }

  async logOut(session: Session): Promise<void> {
    await this.sessions.end(session);
    this.audit.record(session.user.id, 'logged out', session.user.username);
  }

  async account(userId: number): Promise<Account> {
    const account = await this.users.findById(userId);
    if (!account) throw notFound('User', userId);
    return account;
  }

  /**
   * A new password ends the user's sessions on other devices. Rejects with 403 when the current password is wrong,
   * 409 when the address or the name is taken.
   */
  async change(session: Session, patch: AccountPatch): Promise<Account> {
    const { newPassword, currentPassword = '', ...columns } = patch;
    const userId = session.user.id;
    if (newPassword !== undefined) {
      const hash = await this.users.passwordHashOf(userId);
      if (!hash || !(await verifyPassword(currentPassword, hash))) {
        throw forbidden('The current password is wrong; nothing has been changed.');
      }
    }
    const passwordHash = newPassword === undefined ? {} : { passwordHash: await hashPassword(newPassword) };
    const account = await this.users.update(userId, { ...columns, ...passwordHash });
    if (!account) throw notFound('User', userId);
    if (newPassword === undefined) this.sessions.forgetUser(userId);
    else await this.sessions.endOthers(session);
    this.audit.record(userId, 'changed account', Object.keys({ ...columns, ...passwordHash }).join(', '));
    return account;
  }

  private decoyHash(): Promise<string> {
    this.decoy ??= hashPassword('').catch((error: unknown) => {
      this.decoy = undefined;
      throw error;
    });
    return this.decoy;
  }
}
