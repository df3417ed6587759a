/** Strings by number, each kept once. Bounded: what no longer fits shares entry 1. Entry 0 means "none". */
export class StringTable {
  readonly #strings: string[] = ['', '(other)'];
  readonly #numbers = new Map<string, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  intern(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#strings.length >= this.#max) return 1;
    const number = this.#strings.push(text) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  at(number: number): string {
    return this.#strings[number] ?? '(other)';
  }

  get size(): number {
    return this.#strings.length;
  }

  /** All entries in order, for saving. */
  entries(): readonly string[] {
    return this.#strings;
  }

  static of(strings: readonly string[], max: number): StringTable {
    const table = new StringTable(max);
    for (let i = 2; i < strings.length; i++) {
      table.#numbers.set(strings[i] as string, i);
      table.#strings.push(strings[i] as string);
    }
    return table;
  }
}
