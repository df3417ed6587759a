import { nameOf } from './period.js';
import type { Flow, Report } from './report.js';

const WIDTH = 720;
const HEIGHT = 240;
const BASE = HEIGHT - 30;

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d9e2ec; }
svg { width: 100%; height: auto; } .created { fill: #9fb3c8; } .completed { fill: #2f855a; } text { font-size: 11px; fill: #52606d; }`;

/** The report as a page of its own that needs nothing else. */
export function renderHtml(report: Report): string {
  const { mean, low, high } = report.throughput;
  const title = `Tasks in ${nameOf(report.period)}`;
  const rows = report.byProject.map(
    ({ label, created, completed }) => `<tr><td>${escapeHtml(label)}</td><td>${created}</td><td>${completed}</td></tr>`,
  );
  const progress = report.progress.map(
    ({ label, completed, low: least, high: most }) =>
      `<tr><td>${escapeHtml(label)}</td><td>${completed}</td><td>${least} and ${most}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head>
<body>
<h1>${title}</h1>
<p>Completed a day: ${mean.toFixed(2)}, between ${low.toFixed(2)} and ${high.toFixed(2)} nine times out of ten.</p>
${chart(report.flow)}
<table>
<thead><tr><th scope="col">Project</th><th scope="col">Created</th><th scope="col">Completed</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<table>
<thead><tr><th scope="col">Completed by the end of</th><th scope="col">Tasks</th><th scope="col">Nine times out of ten between</th></tr></thead>
<tbody>
${progress.join('\n')}
</tbody>
</table>
</body>
</html>
`;
}

/** Two bars for each part of the time: created and completed. */
function chart(flow: readonly Flow[]): string {
  const most = Math.max(1, ...flow.flatMap(({ created, completed }) => [created, completed]));
  const step = WIDTH / Math.max(1, flow.length);
  const bar = (kind: string, left: number, value: number): string => {
    const height = (value / most) * (BASE - 20);
    return `<rect class="${kind}" x="${left.toFixed(1)}" y="${(BASE - height).toFixed(1)}" width="${(step * 0.38).toFixed(1)}" height="${height.toFixed(1)}"/>`;
  };
  const bars = flow.map(({ label, created, completed }, index) => {
    const left = index * step + step * 0.1;
    const shortLabel = `<text x="${left.toFixed(1)}" y="${BASE + 16}">${escapeHtml(label.slice(-2))}</text>`;
    return bar('created', left, created) + bar('completed', left + step * 0.4, completed) + shortLabel;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Tasks created (grey) and completed (green) over time, at most ${most}">
${bars.join('\n')}
</svg>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
