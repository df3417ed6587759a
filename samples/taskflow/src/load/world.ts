import { type FaultName, faultNames } from '../faults.js';
import { type Answer, type Caller, Client } from './client.js';
import { Results } from './results.js';

/** What all virtual users know about the server before they begin. */
export interface World {
  userIds: readonly number[];
  projectIds: readonly number[];
}

/** Somebody with a session; virtual users share them when there are more of them than accounts. */
export interface Login {
  username: string;
  token: string;
}

/** Every seeded user has it. */
export const SEEDED_PASSWORD = 'taskflow';

// Hashing a password takes the server a while by design.
const MOST_LOGINS = 20;

// The requests that fail because of a deliberate fault, and not because something is wrong.
const failingRequests: Partial<Record<FaultName, string[]>> = {
  'unhandled-exception': ['GET /projects/:id/export'],
};

/**
 * Logs in as the first seeded users, at most `wanted` of them, and looks around. Rejects with an Error when the server
 * cannot be reached or has no seed data.
 */
export async function explore(
  url: URL,
  wanted: number,
): Promise<{ world: World; logins: Login[]; deliberate: ReadonlySet<string> }> {
  const client = new Client(url, new Results());
  try {
    const first = await logIn(client, url, 'user1');
    const caller = client.as(first.token);
    const users = await expected(caller, url, 'GET /users', '/users?limit=200');
    const projects = await expected(caller, url, 'GET /projects', '/projects?status=active&limit=200');
    const world = { userIds: idsIn(users, 'users'), projectIds: idsIn(projects, 'projects') };
    if (world.userIds.length === 0 || world.projectIds.length === 0) {
      throw new Error(`The server at ${url.href} has no users or no active projects; start it with seed data.`);
    }
    const others = seededNames(users).slice(0, Math.min(wanted, MOST_LOGINS) - 1);
    const logins = [first, ...(await Promise.all(others.map((name) => logIn(client, url, name))))];
    const stats = await client.send('GET /stats', '/stats');
    return { world, logins, deliberate: failingUnder(stats.body) };
  } finally {
    client.close();
  }
}

async function logIn(client: Client, url: URL, username: string): Promise<Login> {
  const credentials = { login: username, password: SEEDED_PASSWORD };
  const { status, body } = await client.send('POST /login', '/login', credentials);
  if (status === 401) {
    throw new Error(
      `The server at ${url.href} has no user "${username}" with the password "${SEEDED_PASSWORD}"; start it with seed data.`,
    );
  }
  const token = tokenIn(body);
  if (status !== 200 || token === undefined) throw new Error(noAnswer(url));
  return { username, token };
}

/** The token in the answer to `POST /login`. */
export function tokenIn(body: unknown): string | undefined {
  const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined;
  return typeof token === 'string' ? token : undefined;
}

async function expected(caller: Caller, url: URL, name: string, path: string): Promise<Answer['body']> {
  const { status, body } = await caller.send(name, path);
  if (status !== 200) throw new Error(noAnswer(url));
  return body;
}

const noAnswer = (url: URL): string =>
  `TaskFlow does not answer at ${url.href}; start it, or give its address with --url.`;

function failingUnder(stats: unknown): ReadonlySet<string> {
  const faults = listIn(stats, 'faults').map(String);
  return new Set(faultNames.flatMap((name) => (faults.includes(name) ? (failingRequests[name] ?? []) : [])));
}

function seededNames(users: unknown): string[] {
  const names = listIn(users, 'users').map((user) => String((user as { username?: unknown }).username));
  return names.filter((name) => /^user\d+$/.test(name) && name !== 'user1');
}

function idsIn(body: unknown, key: string): number[] {
  return listIn(body, key).map((item) => (item as { id: number }).id);
}

function listIn(body: unknown, key: string): unknown[] {
  const list = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined;
  return Array.isArray(list) ? list : [];
}
