import type { StateChange, StateRead, StateSnapshot } from '../event/event.ts';
import type { CapturedValue } from '../event/value.ts';
import { hashValue } from './value-hash.ts';

/** Different (target, holder, path, key) that are followed; a map keyed by request id must not eat the memory. */
const MAX_STATE_KEYS = 200_000;

/** One place of watched state and the events that changed it or first showed it. */
export interface StatePlace {
  readonly target: number;
  /** Object id; null for a snapshot without one. */
  readonly holder: number | null;
  readonly path: string;
  readonly key: CapturedValue | null;
  /** The place that stands for the whole path of the same holder; null for that place itself. */
  readonly whole: StatePlace | null;
  /** Event rows, rising. Only rows at which the value differs from what was known. */
  readonly rows: number[];
  /** For a whole path: rows at which everything below it was replaced or cleared. */
  readonly resets: number[];
}

/**
 * Which event last changed which watched place: per place the rows of its changes, so that the state at any moment is one
 * binary search per place, without replaying. Reads and snapshots count where they show a value that was not known.
 */
export class StateTable {
  readonly #places: StatePlace[] = [];
  readonly #byKey = new Map<string, number>();
  /** Hash of the last known value, by place number. */
  readonly #last: number[] = [];
  /** Events beyond MAX_STATE_KEYS that could not be followed. */
  skipped = 0;

  get places(): readonly StatePlace[] {
    return this.#places;
  }

  add(event: StateChange | StateRead | StateSnapshot, row: number): void {
    const number = this.#number(event);
    if (number < 0) {
      this.skipped++;
      return;
    }
    const place = this.#places[number] as StatePlace;
    const value = event.type === 'state.change' ? event.after : event.value;
    const hash = hashValue(value);
    if (event.type === 'state.change' || this.#last[number] !== hash || place.rows.length === 0) place.rows.push(row);
    this.#last[number] = hash;
    if (event.type === 'state.change' && place.whole === null) place.resets.push(row);
  }

  #number(event: StateChange | StateRead | StateSnapshot): number {
    const holder = event.holder ?? null;
    const key = event.type === 'state.snapshot' ? null : event.key;
    // A snapshot's path means the probed function's `this`, so without an identity the probe stands for the holder.
    const owner = holder === null ? `p${event.probe}` : `${holder}`;
    const base = `${event.target}:${owner}:${event.path}`;
    const whole = this.#intern(base, event.target, holder, event.path, null, null);
    if (key === null || whole < 0) return whole;
    const id = `${base}\u0000${JSON.stringify(key)}`;
    return this.#intern(id, event.target, holder, event.path, key, this.#places[whole] as StatePlace);
  }

  #intern(
    id: string,
    target: number,
    holder: number | null,
    path: string,
    key: CapturedValue | null,
    whole: StatePlace | null,
  ): number {
    const known = this.#byKey.get(id);
    if (known !== undefined) return known;
    if (this.#places.length >= MAX_STATE_KEYS) return -1;
    this.#byKey.set(id, this.#places.length);
    this.#last.push(0);
    return this.#places.push({ target, holder, path, key, whole, rows: [], resets: [] }) - 1;
  }

  /** Plain JSON of the table, for an index file. */
  save(): SavedPlace[] {
    const numbers = new Map(this.#places.map((place, i) => [place, i]));
    return this.#places.map((p) => ({
      target: p.target,
      holder: p.holder,
      path: p.path,
      key: p.key,
      whole: p.whole === null ? -1 : (numbers.get(p.whole) ?? -1),
      rows: p.rows,
      resets: p.resets,
    }));
  }

  /** The table from `saved`; a stored recording gets no more events, so only reading is prepared. */
  static load(saved: readonly SavedPlace[]): StateTable {
    const table = new StateTable();
    for (const s of saved) {
      const whole = s.whole < 0 ? null : (table.#places[s.whole] ?? null);
      table.#places.push({ ...s, whole });
    }
    return table;
  }
}

interface SavedPlace {
  readonly target: number;
  readonly holder: number | null;
  readonly path: string;
  readonly key: CapturedValue | null;
  /** Number of the place of the whole path, -1 for none. */
  readonly whole: number;
  readonly rows: number[];
  readonly resets: number[];
}
