/**
 * Characters that do not show or that rearrange what stands around them: controls, bidirectional marks and overrides, zero-width
 * characters, line and paragraph separators, the byte order mark, lone surrogates.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text with everything unseen written as `\u202e`, so that it cannot pretend to be other text. Tabs and line feeds stay. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** One line of at most `max` characters, unseen characters made visible. Cuts before it escapes: a megabyte costs nothing. */
export function oneLine(text: string, max: number): string {
  const cut = text.length > max;
  const line = visible(text.slice(0, cut ? max - 1 : max).replace(/\s+/g, ' '));
  return cut ? `${line}…` : line;
}

/** Last part of a path and the line: what fits beside a name. */
export function shortPlace(file: string, line: number): string {
  return oneLine(`${file.split(/[\\/]/).pop() ?? file}:${line}`, 80);
}

/** `1 call`, `2 calls`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}
