/** More lanes or rows than anybody can look at: what does not fit shares the last one. */
const MAX_LANES = 256;
const MAX_ROWS = 64;

/** The rows of one lane: until when each is taken, and how many spans of its present root are open. */
interface Lane {
  open: number;
  freeAt: number;
  readonly rowsUntil: number[];
}

/**
 * Packs the spans of one target into lanes and rows while they come: a root takes the first lane that is free when it
 * starts and keeps it; within the lane a span takes the first row below its parent that is free when it starts, so that
 * parallel children do not cover each other. Nothing placed ever moves.
 */
export class LaneLayout {
  readonly #lanes: Lane[] = [];

  /** Number of rows every lane has needed so far. */
  laneRows(): number[] {
    return this.#lanes.map((lane) => Math.max(1, lane.rowsUntil.length));
  }

  /** The lane for a root whose first span starts at `t`. */
  lane(t: number): number {
    const free = this.#lanes.findIndex((lane) => lane.open === 0 && lane.freeAt <= t);
    if (free >= 0) return free;
    if (this.#lanes.length >= MAX_LANES) return MAX_LANES - 1;
    return this.#add();
  }

  /** The same lane, made if this target has none of that number (a root that began in another target). */
  fit(laneNumber: number): number {
    const wanted = Math.min(laneNumber, MAX_LANES - 1);
    while (this.#lanes.length <= wanted) this.#add();
    return wanted;
  }

  #add(): number {
    return this.#lanes.push({ open: 0, freeAt: Number.NEGATIVE_INFINITY, rowsUntil: [] }) - 1;
  }

  /** The row for a span that starts at `t`, at least `below`. */
  begin(laneNumber: number, t: number, below: number): number {
    const lane = this.#lanes[laneNumber] as Lane;
    lane.open++;
    let row = Math.min(below, MAX_ROWS - 1);
    while (row < MAX_ROWS - 1 && (lane.rowsUntil[row] ?? Number.NEGATIVE_INFINITY) > t) row++;
    while (lane.rowsUntil.length < row) lane.rowsUntil.push(Number.NEGATIVE_INFINITY);
    lane.rowsUntil[row] = Number.POSITIVE_INFINITY;
    return row;
  }

  end(laneNumber: number, row: number, t: number): void {
    const lane = this.#lanes[laneNumber] as Lane;
    lane.open = Math.max(0, lane.open - 1);
    lane.rowsUntil[row] = t;
    if (t > lane.freeAt) lane.freeAt = t;
  }

  /** Learns a placement made earlier (from an index file), so that rows are known and later spans avoid it. */
  recall(laneNumber: number, row: number, end: number): void {
    const lane = this.#lanes[this.fit(laneNumber)] as Lane;
    if (row >= MAX_ROWS) return;
    while (lane.rowsUntil.length <= row) lane.rowsUntil.push(Number.NEGATIVE_INFINITY);
    lane.rowsUntil[row] = Math.max(lane.rowsUntil[row] as number, end);
    if (end === Number.POSITIVE_INFINITY) lane.open++;
    else if (end > lane.freeAt) lane.freeAt = end;
  }
}
