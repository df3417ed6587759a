export const channels = ['email', 'webhook'] as const;
export type Channel = (typeof channels)[number];

/** How the mock service answers one kind of delivery. */
export interface Behaviour {
  /** Waits so long before it answers. */
  delayMs: number;
  /** So many of the next deliveries are answered 503. */
  failTimes: number;
  /** Never answers while this is on. */
  hang: boolean;
}

export const goodBehaviour: Readonly<Behaviour> = { delayMs: 0, failTimes: 0, hang: false };

/**
 * Reads what a client asks for, such as `{ "delayMs": 50 }`; what it leaves out stays as in `current`.
 * Throws an Error that says what may be asked for.
 */
export function readBehaviour(value: unknown, current: Behaviour): Behaviour {
  const wish = asRecord(value);
  const next = { ...current };
  for (const [key, wanted] of Object.entries(wish)) {
    if (key === 'hang' && typeof wanted === 'boolean') next.hang = wanted;
    else if (key === 'delayMs' && isCount(wanted, 600_000)) next.delayMs = wanted;
    else if (key === 'failTimes' && isCount(wanted, 1_000_000)) next.failTimes = wanted;
    else {
      throw new Error(
        `"${key}" cannot be ${JSON.stringify(wanted)}; use delayMs, failTimes (numbers) or hang (true, false).`,
      );
    }
  }
  return next;
}

/** What a single request asks for in its query, such as `?delayMs=50&hang=true`, on top of the behaviour set for all. */
export function behaviourInQuery(query: URLSearchParams, current: Behaviour): Behaviour {
  const wish = [...query].map(([key, text]) => [key, key === 'hang' ? text === 'true' : Number(text)]);
  return readBehaviour(Object.fromEntries(wish), current);
}

export function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error('Send a JSON object.');
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}
