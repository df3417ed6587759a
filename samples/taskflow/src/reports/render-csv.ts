import type { Flow, Report } from './report.js';

/** The report as a table that spreadsheets open. */
export function renderCsv(report: Report): string {
  const rows = [
    ['section', 'label', 'created', 'completed'],
    ...report.flow.map((flow) => rowOf('time', flow)),
    ...report.byProject.map((flow) => rowOf('project', flow)),
    ...Object.entries(report.byPriority).map(([label, created]) => ['priority', label, String(created), '']),
  ];
  return `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function rowOf(section: string, { label, created, completed }: Flow): string[] {
  return [section, label, String(created), String(completed)];
}

/** A spreadsheet would run a cell that begins like a formula, so such a cell gets an apostrophe. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
