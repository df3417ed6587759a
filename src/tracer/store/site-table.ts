import type { SourceLocation } from '../event/location.ts';

const MAX_SITES = 50_000;

/** Source locations by number, each kept once; 0 means none. Bounded: what no longer fits has none. */
export class SiteTable {
  readonly #sites: SourceLocation[] = [];
  readonly #numbers = new Map<string, number>();

  intern(site: SourceLocation): number {
    const id = `${site.line}:${site.column}:${site.function ?? ''}:${site.file}`;
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    if (this.#sites.length >= MAX_SITES) return 0;
    const number = this.#sites.push(site);
    this.#numbers.set(id, number);
    return number;
  }

  at(number: number): SourceLocation | null {
    return number === 0 ? null : (this.#sites[number - 1] ?? null);
  }

  /** All sites in order, for saving. */
  entries(): readonly SourceLocation[] {
    return this.#sites;
  }

  static of(sites: readonly SourceLocation[]): SiteTable {
    const table = new SiteTable();
    for (const site of sites) table.#sites.push(site);
    return table;
  }
}
