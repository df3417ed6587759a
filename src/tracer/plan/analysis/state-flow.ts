import type { Hazard } from './model.ts';

/** Where state lives: a property of `this` or a variable outside the function, with its path. */
export interface StateKey {
  readonly root: 'this' | 'outer';
  readonly path: string;
  /** Reached by awaited calls, so not in this process's memory. */
  readonly external: boolean;
}

/** What one control path knows of one piece of state. */
interface Cell {
  readonly key: StateKey;
  readonly readLine: number;
  /** Line of the first await after the read; 0 before any. */
  readonly awaitLine: number;
  /** Read again since that await. */
  readonly again: boolean;
}

/** Reads, writes and calls of one function, for those who call it. */
export interface StateSummary {
  readonly reads: readonly StateKey[];
  readonly writes: readonly StateKey[];
}

/**
 * A small data-flow analysis over one function: for every piece of state, whether it was read, whether an await has
 * happened since, and whether it was read again. Branches are joined towards the more dangerous side; a branch that
 * leaves (return, throw) does not reach the code after it. Loops are taken once, since a second pass adds only hazards
 * between iterations of the same call.
 */
export class StateFlow {
  private cells = new Map<string, Cell>();
  private readonly found = new Map<string, Hazard>();
  private readonly uses = new Map<string, { key: StateKey; reads: number; writes: number }>();
  /** The current path has returned or thrown. */
  dead = false;
  /** Nesting inside calls that look like locks. */
  guards = 0;

  read(key: StateKey, line: number): void {
    this.use(key).reads += 1;
    if (this.dead) return;
    const id = idOf(key);
    const cell = this.cells.get(id);
    if (cell && cell.awaitLine > 0) this.cells.set(id, { ...cell, again: true });
    else if (!cell) this.cells.set(id, { key, readLine: line, awaitLine: 0, again: false });
  }

  await(line: number): void {
    if (this.dead) return;
    for (const [id, cell] of this.cells) {
      if (cell.awaitLine === 0 || cell.again) this.cells.set(id, { ...cell, awaitLine: line, again: false });
    }
  }

  write(key: StateKey, line: number, constant = false): void {
    this.use(key).writes += 1;
    if (this.dead) return;
    for (const [id, cell] of this.cells) {
      if (!overlaps(cell.key, key)) continue;
      if (cell.awaitLine > 0) this.hazard(cell, key, line, constant);
      this.cells.delete(id);
    }
  }

  /** Runs both sides of a branch from the same start and joins what remains alive. */
  branch(...sides: (() => void)[]): void {
    const start = this.cells;
    const wasDead = this.dead;
    const alive: Map<string, Cell>[] = [];
    for (const side of sides) {
      this.cells = new Map(start);
      this.dead = wasDead;
      side();
      if (!this.dead) alive.push(this.cells);
    }
    this.dead = alive.length === 0;
    this.cells = alive.reduce((joined, cells) => join(joined, cells), new Map());
  }

  /** Code that runs later than the code around it (a `.then` callback, a timer). */
  later(line: number, run: () => void): void {
    this.branch(
      () => undefined,
      () => {
        this.await(line);
        run();
        this.dead = false;
      },
    );
  }

  hazards(): Hazard[] {
    return [...this.found.values()];
  }

  stateUses(): { root: 'this' | 'outer'; path: string; reads: number; writes: number }[] {
    return [...this.uses.values()].map(({ key, reads, writes }) => ({ root: key.root, path: key.path, reads, writes }));
  }

  summary(): StateSummary {
    const all = [...this.uses.values()];
    return {
      reads: all.filter((use) => use.reads > 0).map((use) => use.key),
      writes: all.filter((use) => use.writes > 0).map((use) => use.key),
    };
  }

  private use(key: StateKey): { reads: number; writes: number } {
    const id = idOf(key);
    let use = this.uses.get(id);
    if (!use) {
      use = { key, reads: 0, writes: 0 };
      this.uses.set(id, use);
    }
    return use;
  }

  /** The strongest hazard per state is kept: a stale read counts more than a stale decision. */
  private hazard(cell: Cell, key: StateKey, writeLine: number, constant: boolean): void {
    const hazard: Hazard = {
      kind: cell.again ? 'check-await-act' : 'read-await-write',
      root: key.root,
      path: cell.key.path.length <= key.path.length ? cell.key.path : key.path,
      readLine: cell.readLine,
      awaitLine: cell.awaitLine,
      writeLine,
      guarded: this.guards > 0,
      external: cell.key.external || key.external,
      constant,
    };
    const id = `${hazard.root}.${hazard.path}`;
    const known = this.found.get(id);
    if (!known || strength(hazard) > strength(known)) this.found.set(id, hazard);
  }
}

function strength(hazard: Hazard): number {
  return (hazard.kind === 'read-await-write' ? 2 : 1) - (hazard.guarded ? 2 : 0) - (hazard.constant ? 0.5 : 0);
}

function idOf(key: StateKey): string {
  return `${key.root}.${key.path}`;
}

/** `state` and `state.count` are the same state; `state.count` and `state.total` are not. */
function overlaps(a: StateKey, b: StateKey): boolean {
  if (a.root !== b.root) return false;
  return a.path === b.path || a.path.startsWith(`${b.path}.`) || b.path.startsWith(`${a.path}.`);
}

function join(a: Map<string, Cell>, b: Map<string, Cell>): Map<string, Cell> {
  const joined = new Map(a);
  for (const [id, cell] of b) {
    const known = joined.get(id);
    if (!known || danger(cell) > danger(known)) joined.set(id, cell);
  }
  return joined;
}

function danger(cell: Cell): number {
  return cell.awaitLine === 0 ? 0 : cell.again ? 1 : 2;
}
