export const SESSION_COOKIE = 'taskflow_session';

const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax';

/** The value of a cookie in a `Cookie` header; undefined when it is not there. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value) return value;
  }
  return undefined;
}

/** The `Set-Cookie` header that gives a browser its session. */
export function sessionCookie(token: string, expiresAt: Date): string {
  return `${SESSION_COOKIE}=${token}; ${ATTRIBUTES}; Expires=${expiresAt.toUTCString()}`;
}

/** The `Set-Cookie` header that takes it away. */
export const noSessionCookie = `${SESSION_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;
