import { RequestError } from '../errors.js';

export const SECRET_HEADER = 'x-taskflow-secret';
/** On every answer of an internal route, and on no other: a 404 may mean a missing task, or a missing route. */
export const INTERNAL_HEADER = 'x-taskflow-internal';

const ANSWER_LIMIT_MS = 10_000;

/** Speaks to the internal routes of another node. */
export class PeerClient {
  constructor(
    private readonly url: string,
    private readonly secret: string,
  ) {}

  /**
   * Resolves to the answer's body. Rejects with the peer's own refusal (404, 409, 422), or with 503 when it cannot be
   * reached or fails.
   */
  async post(path: string, body: object): Promise<unknown> {
    const response = await fetch(new URL(path, this.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SECRET_HEADER]: this.secret },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    }).catch((error: Error) => {
      throw this.unavailable(error.cause instanceof Error ? error.cause.message : error.message);
    });
    const answer = (await response.json().catch(() => undefined)) as { message?: unknown } | undefined;
    const reason = String(answer?.message ?? 'no JSON');
    if (!response.headers.has(INTERNAL_HEADER)) {
      throw this.unavailable('it has no internal routes, which a node has only with TASKFLOW_SECRET');
    }
    if (response.ok && answer !== undefined) return answer;
    // A wrong secret is a mistake in the settings, not one of whoever sent the request.
    if (response.status >= 500 || response.status === 403) throw this.unavailable(reason);
    throw new RequestError(response.status, reason);
  }

  private unavailable(reason: string): RequestError {
    return new RequestError(
      503,
      `The node at ${this.url} did not answer as it should: ${reason}; check TASKFLOW_PEER.`,
    );
  }
}
