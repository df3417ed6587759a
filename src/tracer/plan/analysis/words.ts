/** Light stemming: the same stem for the forms in which programmers and questions write a word; no dictionary. */
export function stem(word: string): string {
  let s = word.toLowerCase();
  if (s.length > 4 && s.endsWith('ies')) s = `${s.slice(0, -3)}y`;
  else if (s.length > 4 && /(ss|x|ch|sh)es$/.test(s)) s = s.slice(0, -2);
  else if (s.length > 3 && s.endsWith('s') && !/(ss|us|is)$/.test(s)) s = s.slice(0, -1);
  if (s.length > 6 && /[ts]ion$/.test(s)) s = s.slice(0, -3);
  else if (s.length > 6 && s.endsWith('ment')) s = s.slice(0, -4);
  else if (s.length > 5 && s.endsWith('ing')) s = s.slice(0, -3);
  else if (s.length > 4 && s.endsWith('ed') && !s.endsWith('eed')) s = s.slice(0, -2);
  if (s.length > 3 && s.endsWith('e')) s = s.slice(0, -1);
  return /([b-df-hj-rt-z])\1$/.test(s) && s.length > 3 ? s.slice(0, -1) : s;
}

const PIECES = /\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})|\p{Lo}+/gu;

/** Plain lower-case words of an identifier or of prose: `assignNextTask2`, `SLOT_COUNT`, `"two users"`. */
export function splitWords(text: string): string[] {
  return (text.match(PIECES) ?? []).map((piece) => piece.toLowerCase()).filter((piece) => piece.length > 1);
}

/** Stems of an identifier or of prose. */
export function stems(text: string): string[] {
  return splitWords(text).map(stem);
}

/** A set of stems that stops growing at a bound, so that a generated file cannot fill the memory. */
export class WordSet {
  readonly words = new Set<string>();
  private readonly seen = new Set<string>();

  constructor(private readonly limit = 400) {}

  add(text: string): void {
    if (this.words.size >= this.limit || this.seen.has(text)) return;
    if (text.length < 80) this.seen.add(text);
    for (const word of stems(text.length > 4_000 ? text.slice(0, 4_000) : text)) this.words.add(word);
  }
}
