/** What a client asked for, cut into the smallest pieces that may be answered on their own. */
export type Unit = { kind: 'negotiate' } | { kind: 'cancel' } | { kind: 'terminate' } | { kind: 'work'; bytes: Buffer };

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

// Messages after which the server answers: Query, Sync, Flush, FunctionCall, CopyDone, CopyFail, Password.
// Parse, Bind, Describe and Execute wait for one of these, so that a statement is never torn apart.
const ANSWERED = new Set(['Q', 'S', 'H', 'F', 'c', 'f', 'p'].map((type) => type.charCodeAt(0)));
const TERMINATE = 'X'.charCodeAt(0);

/**
 * Cuts the byte stream of one PostgreSQL client into units (protocol 3.0, "Message Formats").
 * Throws when a length is impossible: the connection is then beyond repair and must be closed.
 */
export class FrontendReader {
  private buffer: Buffer = Buffer.alloc(0);
  private started = false;
  /** Where the unit being collected ends so far; bytes before it are complete messages. */
  private scanned = 0;

  push(chunk: Buffer): Unit[] {
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
    const units: Unit[] = [];
    for (let unit = this.next(); unit; unit = this.next()) units.push(unit);
    return units;
  }

  private next(): Unit | undefined {
    return this.started ? this.nextMessages() : this.nextStartup();
  }

  private nextStartup(): Unit | undefined {
    if (this.buffer.length < 8) return undefined;
    const length = checkedLength(this.buffer.readInt32BE(0), 8);
    if (this.buffer.length < length) return undefined;
    const code = this.buffer.readInt32BE(4);
    const bytes = this.take(length);
    if (code === SSL_REQUEST || code === GSS_REQUEST) return { kind: 'negotiate' };
    if (code === CANCEL_REQUEST) return { kind: 'cancel' };
    this.started = true;
    return { kind: 'work', bytes };
  }

  private nextMessages(): Unit | undefined {
    while (this.buffer.length - this.scanned >= 5) {
      const type = this.buffer[this.scanned];
      const length = checkedLength(this.buffer.readInt32BE(this.scanned + 1), 4);
      const end = this.scanned + 1 + length;
      if (this.buffer.length < end) return undefined;
      if (type === TERMINATE) {
        this.take(this.buffer.length);
        return { kind: 'terminate' };
      }
      this.scanned = end;
      if (type !== undefined && ANSWERED.has(type)) return { kind: 'work', bytes: this.take(end) };
    }
    return undefined;
  }

  private take(length: number): Buffer {
    const bytes = this.buffer.subarray(0, length);
    this.buffer = this.buffer.subarray(length);
    this.scanned = 0;
    return bytes;
  }
}

/**
 * Whether an answer ends with ReadyForQuery in state "idle": the statement is over and no transaction is open,
 * so another client may use the engine.
 */
export function endsIdle(answer: Uint8Array): boolean {
  const at = answer.length - 6;
  return at >= 0 && answer[at] === 0x5a && answer[at + 4] === 5 && answer[at + 5] === 0x49;
}

/** A Sync message, and a simple query that rolls back: what it takes to leave a half-done conversation. */
export const ABANDON: readonly Uint8Array[] = [Buffer.from([0x53, 0, 0, 0, 4]), simpleQuery('ROLLBACK')];

function simpleQuery(sql: string): Buffer {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5);
  head.write('Q');
  head.writeInt32BE(4 + text.length, 1);
  return Buffer.concat([head, text]);
}

function checkedLength(length: number, least: number): number {
  if (length < least || length > MAX_MESSAGE_BYTES) {
    throw new RangeError(`A client sent a message that claims to be ${length} bytes long; the connection is closed.`);
  }
  return length;
}
