/**
 * The byte stream between the agent and the decoder: records, one after another, each `[kind u8] fields`.
 * Integers are LEB128 varints (unsigned, up to 2^53); times are nanoseconds since the previous record's time;
 * strings are `[length varint][bytes]` with a tag that says one or two bytes per UTF-16 unit.
 * Both sides are built from this file in one version; the stream is never stored.
 */

export const Rec = {
  enter: 1,
  exit: 2,
  throw: 3,
  settle: 4,
  snapshot: 5,
  read: 6,
  change: 7,
  httpStart: 8,
  httpEnd: 9,
  dbStart: 10,
  dbEnd: 11,
  dropped: 12,
  /** A call site's frames, defined once: `[id][string]`. */
  site: 13,
  /** State of a probe changed: `[probe][Note][text]`; the prober acts on it. */
  note: 14,
} as const;

export const Tag = {
  null: 0,
  undefined: 1,
  true: 2,
  false: 3,
  int: 4,
  float: 5,
  str8: 6,
  str16: 7,
  cutString: 8,
  bigint: 9,
  symbol: 10,
  object: 11,
  array: 12,
  map: 13,
  set: 14,
  date: 15,
  regexp: 16,
  error: 17,
  function: 18,
  bytes: 19,
  opaque: 20,
  cycle: 21,
  cut: 22,
  redacted: 23,
  missing: 24,
  end: 255,
} as const;

/** Answer of a drain that came in the middle of a record; no base64 text. */
export const BUSY = '!';

export const CUT = ['depth', 'budget', 'time'] as const;
export const MISSING = [
  'getter',
  'proxy',
  'path',
  'failed',
  'installed-mid-call',
  'not-a-native-promise',
  'off',
] as const;
export const OPS = ['set', 'delete', 'clear'] as const;

/** What the agent tells the prober about a probe. */
export const Note = {
  /** The binding now holds the wrapper. */
  bound: 1,
  /** A call reached the function past the wrapper. */
  direct: 3,
  /** The first hit could not be rebound; text says why. */
  unreachable: 4,
  /** Capturing failed and is off for this probe; text says why. */
  captureFailed: 5,
  /** A watch could not be set, or not fully; text says why. */
  watch: 6,
  /** Breakpoint hits are over the limit for this second: take the breakpoint away until the next. */
  overLimit: 7,
  /** A new function is made each time the code around it runs; only the first was rebound. */
  several: 9,
  /** Each object has its own; another one's was rebound. */
  each: 10,
  /** A mark that the host asked for. */
  mark: 8,
} as const;

/** Flags of `enter`. */
export const Enter = { args: 1, self: 2, redactedArgs: 4 } as const;
/** Flags of `exit`. */
export const Exit = { pending: 1 } as const;
