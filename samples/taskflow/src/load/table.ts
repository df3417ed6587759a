import type { RequestSummary } from './results.js';
import type { LoadReport } from './run.js';

const HEAD = ['request', 'count', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', '4xx', '5xx', 'deliberate', 'no answer'];

/** The report for people: one line per kind of request, and the sum. */
export function formatTable(report: LoadReport): string {
  const lines = [HEAD, ...Object.entries(report.byRequest).map(cells), cells(['all', report])];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const [head, ...rows] = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const seconds = (report.durationMs / 1_000).toFixed(1);
  return [
    `${report.users} virtual users, seed ${report.seed}, ${seconds} s against ${report.url}`,
    `${report.actions} actions, ${report.requests} requests, ${report.requestsPerSecond} requests/s`,
    `at most ${report.peakConcurrency} requests at a time, ${report.liveUpdates} changes on live pages`,
    '',
    head,
    rule,
    ...rows.slice(0, -1),
    rule,
    ...rows.slice(-1),
  ].join('\n');
}

function cells([name, { requests, latencyMs, errors }]: [string, RequestSummary]): string[] {
  const { p50, p95, p99, max } = latencyMs;
  const times = [p50, p95, p99, max].map((ms) => ms.toFixed(1));
  const failures = [errors.http4xx, errors.http5xx, errors.deliberate5xx, errors.network].map(String);
  return [name, `${requests}`, ...times, ...failures];
}
