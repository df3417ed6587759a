/** A delivery that did not arrive. */
export class DeliveryError extends Error {
  constructor(
    message: string,
    /** Whether trying again may help: not when the receiver says that the message itself is wrong. */
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

const TOO_MANY_REQUESTS = 429;

/** Sends `body` as JSON; rejects with a DeliveryError when it is not accepted, or `signal` ends the wait. */
export async function postJson(url: string, body: unknown, signal: AbortSignal): Promise<void> {
  let status: number;
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      signal,
    });
    status = response.status;
    // Read to its end, so that the connection can be used again.
    await response.arrayBuffer();
  } catch (error) {
    throw new DeliveryError(`${url} did not answer: ${reasonOf(error)}`, true);
  }
  if (status >= 400)
    throw new DeliveryError(`${url} answered ${status}`, status >= 500 || status === TOO_MANY_REQUESTS);
}

/** `fetch` fails with a message that says nothing, and the reason as its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
