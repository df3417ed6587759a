/** A failure the caller can do something about; the web layer answers it with its status and message. */
export class RequestError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

export function notFound(what: string, id: number | string): RequestError {
  return new RequestError(404, `${what} ${id} does not exist.`);
}

export function unknownReference(what: string, id: number): RequestError {
  return new RequestError(422, `${what} ${id} does not exist; use the id of one that does.`);
}

export function conflict(message: string): RequestError {
  return new RequestError(409, message);
}

export function unauthorized(message: string): RequestError {
  return new RequestError(401, message);
}

export function forbidden(message: string): RequestError {
  return new RequestError(403, message);
}

const FOREIGN_KEY_VIOLATION = '23503';
const UNIQUE_VIOLATION = '23505';

// A character that its text cannot hold; a date that its calendar cannot.
const UNSTORABLE = ['22021', '22008'];

/** Whether PostgreSQL refused a value that came from a request: what no schema foresaw is still the caller's mistake. */
export function isUnstorable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && UNSTORABLE.includes(String(error.code));
}

/** Whether PostgreSQL refused a row because what it refers to is not there. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === FOREIGN_KEY_VIOLATION;
}

/** The constraint that a row broke because another row has the same value already; undefined for other errors. */
export function brokenUniqueness(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== UNIQUE_VIOLATION) return undefined;
  return 'constraint' in error ? String(error.constraint) : '';
}
