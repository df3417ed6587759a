/** Ways to set off text on a terminal. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** ANSI colours, or plain text. */
export function paintWith(color: boolean): Paint {
  const style = (code: number) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: style(1), dim: style(2), warn: style(33), bad: style(31) };
}
