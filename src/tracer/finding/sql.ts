/** Statements are looked at up to here; multi-megabyte inserts differ earlier or not at all. */
const MAX_INPUT = 256 * 1024;
const MAX_OUTPUT = 8 * 1024;
const MAX_TOKEN = 256;

export interface NormalisedSql {
  /** Without literals, comments and accidents of spacing: `SELECT * FROM tasks WHERE id = ?`. */
  readonly text: string;
  readonly verb: 'select' | 'insert' | 'update' | 'delete' | 'transaction' | 'other';
}

const KEYWORDS = new Set(
  `ALL AND ANY ARRAY AS ASC BEGIN BETWEEN BY CASE CAST COMMIT CONFLICT CROSS DELETE DESC DISTINCT DO ELSE END ESCAPE EXCEPT
  EXISTS FALSE FETCH FILTER FIRST FOR FROM FULL GROUP HAVING ILIKE IN INNER INSERT INTERSECT INTO IS JOIN LAST LATERAL LEFT
  LIKE LIMIT NATURAL NOT NOTHING NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION RECURSIVE RELEASE RETURNING RIGHT ROLLBACK
  ROW SAVEPOINT SELECT SET SIMILAR SOME START THEN TO TRANSACTION TRUE UNION UPDATE USING VALUES WHEN WHERE WINDOW WITH`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** Statements that steer the connection or the transaction: repeating them is how a loop of transactions looks, no N+1. */
const CONTROL = new Set(
  'BEGIN START COMMIT ROLLBACK SAVEPOINT RELEASE SET RESET SHOW END ABORT DISCARD DEALLOCATE LISTEN UNLISTEN'.split(
    ' ',
  ),
);

/**
 * Brings statements that differ only in values, spacing, comments, letter case or the length of their lists to one text.
 * One pass over the characters, so that a hostile or cut-off statement costs no more than its length. Quoted identifiers
 * stay as they are; unquoted words become lower case, keywords upper case. `backslash` is for databases whose plain strings
 * know backslash escapes (MySQL).
 */
export function normaliseSql(statement: string, backslash = false): NormalisedSql {
  const scanner = new Scanner(statement.slice(0, MAX_INPUT), backslash);
  const words = scanner.run();
  const first = words[0] ?? '';
  return { text: scanner.text(), verb: verbOf(first, words) };
}

function verbOf(first: string, words: readonly string[]): NormalisedSql['verb'] {
  if (CONTROL.has(first)) return 'transaction';
  const main =
    first === 'WITH' ? (words.find((w) => w === 'INSERT' || w === 'UPDATE' || w === 'DELETE') ?? 'SELECT') : first;
  switch (main) {
    case 'SELECT':
    case 'VALUES':
    case 'TABLE':
      return 'select';
    case 'INSERT':
    case 'MERGE':
    case 'COPY':
      return 'insert';
    case 'UPDATE':
      return 'update';
    case 'DELETE':
      return 'delete';
    case 'PREPARE':
      return words[1] === 'TRANSACTION' ? 'transaction' : 'other';
    default:
      return 'other';
  }
}

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isWordStart = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c > 127;
const isWord = (c: number): boolean => isWordStart(c) || isDigit(c) || c === 36;
const isSpace = (c: number): boolean => c === 32 || (c >= 9 && c <= 13) || c === 0xa0;

/** Words after which a minus is a sign and a NULL a value. */
const BEFORE_VALUE = new Set([
  '(',
  ',',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '|',
  '[',
  'VALUES',
  'IN',
  'THEN',
  'ELSE',
]);
const BEFORE_SIGN = new Set([
  ...BEFORE_VALUE,
  'SELECT',
  'WHERE',
  'AND',
  'OR',
  'LIMIT',
  'OFFSET',
  'BETWEEN',
  'WHEN',
  'BY',
  'RETURNING',
  'LIKE',
]);

class Scanner {
  readonly #sql: string;
  readonly #backslash: boolean;
  #at = 0;
  /** Tokens of the result; lists are collapsed as soon as they close. */
  readonly #tokens: string[] = [];
  readonly #glue: boolean[] = [];
  readonly #words: string[] = [];
  #length = 0;
  #spaced = false;
  #cut = false;

  constructor(sql: string, backslash: boolean) {
    this.#sql = sql;
    this.#backslash = backslash;
  }

  run(): readonly string[] {
    while (this.#at < this.#sql.length && !this.#cut) this.#step();
    while (this.#tokens.at(-1) === ';') this.#pop();
    return this.#words;
  }

  text(): string {
    let text = '';
    for (const [i, token] of this.#tokens.entries()) text += i > 0 && !this.#glue[i] ? ` ${token}` : token;
    return this.#cut ? `${text} …` : text;
  }

  #step(): void {
    const sql = this.#sql;
    const c = sql.charCodeAt(this.#at);
    const next = sql.charCodeAt(this.#at + 1);
    if (isSpace(c)) {
      this.#at++;
      this.#spaced = true;
    } else if (c === 45 && next === 45) this.#skipTo('\n');
    else if (c === 47 && next === 42) this.#comment();
    else if (c === 39) this.#literal(this.#backslash);
    else if (c === 34 || c === 96) this.#quoted(sql[this.#at] as string);
    else if (c === 36) this.#dollar();
    else if (isDigit(c) || (c === 46 && isDigit(next) && !this.#gluedToWord())) this.#number();
    else if (c === 63) this.#value(1);
    else if (c === 58 && isWordStart(next) && sql.charCodeAt(this.#at - 1) !== 58) this.#named();
    else if (c === 64 && isWordStart(next)) this.#named();
    else if (isWordStart(c)) this.#word();
    else this.#symbol();
  }

  #previous(): string {
    return this.#tokens.at(-1) ?? '';
  }

  #gluedToWord(): boolean {
    return !this.#spaced && isWord(this.#previous().charCodeAt(0));
  }

  #push(whole: string, glue: boolean): void {
    const token = whole.length > MAX_TOKEN ? whole.slice(0, MAX_TOKEN) : whole;
    this.#tokens.push(token);
    this.#glue.push(glue);
    this.#length += token.length + 1;
    this.#spaced = false;
    if (this.#length > MAX_OUTPUT) this.#cut = true;
  }

  #pop(): void {
    this.#length -= (this.#tokens.pop() as string).length + 1;
    this.#glue.pop();
  }

  /** A literal or placeholder of `length` characters. */
  #value(length: number): void {
    this.#at += length;
    const previous = this.#previous();
    if ((previous === '-' || previous === '+') && BEFORE_SIGN.has(this.#tokens.at(-2) ?? '(')) this.#pop();
    this.#push('?', /^[([.:]$/.test(this.#previous()) || this.#previous() === '::');
  }

  #skipTo(end: string): void {
    const found = this.#sql.indexOf(end, this.#at);
    this.#at = found < 0 ? this.#sql.length : found + end.length;
    this.#spaced = true;
  }

  /** Comments nest in PostgreSQL. */
  #comment(): void {
    const sql = this.#sql;
    let depth = 0;
    do {
      const c = sql.charCodeAt(this.#at);
      const next = sql.charCodeAt(this.#at + 1);
      if (c === 47 && next === 42) {
        depth++;
        this.#at += 2;
      } else if (c === 42 && next === 47) {
        depth--;
        this.#at += 2;
      } else this.#at++;
    } while (depth > 0 && this.#at < sql.length);
    this.#spaced = true;
  }

  #literal(backslash: boolean): void {
    this.#at = this.#endOfQuote(this.#at, 39, backslash);
    this.#value(0);
  }

  /** Position behind the closing quote; a doubled quote stands for itself. An unclosed one reaches to the end. */
  #endOfQuote(start: number, quote: number, backslash: boolean): number {
    const sql = this.#sql;
    let at = start + 1;
    while (at < sql.length) {
      const c = sql.charCodeAt(at);
      if (backslash && c === 92) at += 2;
      else if (c !== quote) at++;
      else if (sql.charCodeAt(at + 1) === quote) at += 2;
      else return at + 1;
    }
    return sql.length;
  }

  #quoted(quote: string): void {
    const end = this.#endOfQuote(this.#at, quote.charCodeAt(0), false);
    const token = this.#sql.slice(this.#at, end);
    this.#at = end;
    this.#push(token, this.#isGlue());
  }

  /** `$1`, `$$text$$`, `$tag$text$tag$`. */
  #dollar(): void {
    const sql = this.#sql;
    let end = this.#at + 1;
    if (isDigit(sql.charCodeAt(end))) {
      while (isDigit(sql.charCodeAt(end))) end++;
      this.#value(end - this.#at);
      return;
    }
    while (end < sql.length && isWord(sql.charCodeAt(end)) && sql.charCodeAt(end) !== 36) end++;
    if (sql.charCodeAt(end) !== 36) {
      this.#symbol();
      return;
    }
    const tag = sql.slice(this.#at, end + 1);
    const close = sql.indexOf(tag, end + 1);
    this.#value((close < 0 ? sql.length : close + tag.length) - this.#at);
  }

  #number(): void {
    const sql = this.#sql;
    let end = this.#at;
    while (end < sql.length) {
      const c = sql.charCodeAt(end);
      const sign =
        (c === 43 || c === 45) &&
        /[eE]/.test(sql[end - 1] as string) &&
        !/^0[xX]/.test(sql.slice(this.#at, this.#at + 2));
      if (!isDigit(c) && c !== 46 && !isWordStart(c) && !sign) break;
      end++;
    }
    this.#value(end - this.#at);
  }

  /** `:name` and `@name`. */
  #named(): void {
    let end = this.#at + 1;
    while (end < this.#sql.length && isWord(this.#sql.charCodeAt(end))) end++;
    this.#value(end - this.#at);
  }

  #word(): void {
    const sql = this.#sql;
    let end = this.#at + 1;
    while (end < sql.length && isWord(sql.charCodeAt(end))) end++;
    const raw = sql.slice(this.#at, end);
    const upper = raw.toUpperCase();
    if (sql.charCodeAt(end) === 39 && /^(E|B|X|N|U)$/.test(upper)) {
      this.#at = end;
      this.#literal(upper === 'E' || this.#backslash);
      return;
    }
    if (this.#words.length < 4_096) this.#words.push(upper);
    const literal = upper === 'TRUE' || upper === 'FALSE' || (upper === 'NULL' && BEFORE_VALUE.has(this.#previous()));
    if (literal && !this.#isGlue()) {
      this.#value(end - this.#at);
      return;
    }
    this.#at = end;
    // After a dot it is a column, whatever it is called.
    const keyword = KEYWORDS.has(upper) && this.#previous() !== '.';
    this.#push(keyword ? upper : raw.toLowerCase(), this.#isGlue());
  }

  #isGlue(): boolean {
    return /^[([.]$/.test(this.#previous()) || this.#previous() === '::';
  }

  #symbol(): void {
    const sql = this.#sql;
    const c = sql[this.#at] as string;
    if (c === ':' && sql[this.#at + 1] === ':') {
      this.#at += 2;
      this.#push('::', true);
      return;
    }
    this.#at++;
    const previous = this.#previous();
    if (c === ',' || c === ';' || c === ')' || c === ']' || c === '.') this.#push(c, true);
    else if (c === '(') this.#push(c, this.#isGlue() || this.#isCall(previous));
    else if (c === '[') this.#push(c, true);
    // `<=`, `||`, `->>`: one operator.
    else if (c === '*' && this.#isGlue()) this.#push(c, true);
    else this.#push(c, /^[<>=!|@#&~^\-*/+%?]$/.test(previous) && !this.#spaced && !/[\w?)\]]$/.test(previous));
    if (c === ')' || c === ']') this.#collapse(c);
  }

  #isCall(previous: string): boolean {
    return isWordStart(previous.charCodeAt(0)) && !KEYWORDS.has(previous);
  }

  /** `(?, ?, ?)` becomes `(?)`, and `(?), (?)` becomes `(?)`. */
  #collapse(close: string): void {
    const tokens = this.#tokens;
    const open = close === ')' ? '(' : '[';
    let i = tokens.length - 2;
    while (i >= 0 && (tokens[i] === '?' || tokens[i] === ',')) i--;
    if (i < 0 || tokens[i] !== open || tokens[i + 1] !== '?') return;
    while (tokens.length > i + 2) this.#pop();
    this.#push(close, true);
    const at = tokens.length - 7;
    if (close === ')' && at >= 0 && tokens.slice(at).join('') === '(?),(?)') for (let n = 0; n < 4; n++) this.#pop();
  }
}
