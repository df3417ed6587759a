/** Lines with columns as wide as their widest cell, two spaces apart. `align` has one `l` or `r` per column; `l` when missing. */
export function table(rows: readonly (readonly string[])[], align = ''): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, [...cell].length);
  }
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const padding = ' '.repeat((widths[i] ?? 0) - [...cell].length);
      return align[i] === 'r' ? padding + cell : cell + padding;
    });
    return cells.join('  ').trimEnd();
  });
}
