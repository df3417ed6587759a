/** One JSON value a line, as the broker and its clients speak. */
export function frame(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

// A message holds one row; whoever sends more without an end of line speaks another protocol.
const LONGEST_LINE = 1_000_000;

/** Cuts a stream into lines and parses them. Lines that are not JSON are left out. */
export class FrameReader {
  private rest = '';

  /** The values that are complete now. Throws an Error when a line does not end. */
  push(text: string): unknown[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    if (this.rest.length > LONGEST_LINE) throw new Error('A line is too long; this is not a TaskFlow bus.');
    return lines.flatMap((line) => {
      try {
        return [JSON.parse(line) as unknown];
      } catch {
        return [];
      }
    });
  }
}
