/** A failure the caller can do something about; the web layer answers it with its status and message. */
export class RequestError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

export function notFound(what: string, id: number): RequestError {
  return new RequestError(404, `${what} ${id} does not exist.`);
}

export function unknownReference(what: string, id: number): RequestError {
  return new RequestError(422, `${what} ${id} does not exist; use the id of one that does.`);
}

export function conflict(message: string): RequestError {
  return new RequestError(409, message);
}

const FOREIGN_KEY_VIOLATION = '23503';

/** Whether PostgreSQL refused a row because what it refers to is not there. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === FOREIGN_KEY_VIOLATION;
}
