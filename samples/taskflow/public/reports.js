import { api } from './api.js';
import { byId, el, onSubmit, syncList } from './dom.js';
import { shell } from './shell.js';

const KEY = 'taskflow-reports';
const ASK_EVERY_MS = 1_000;
const form = byId('form');
const { kind, year, month } = form.elements;
const reports = new Map(remembered().map((id) => [id, { id, status: 'unknown' }]));

await shell();
year.value = new Date().getFullYear();
month.value = new Date().getMonth() + 1;
kind.addEventListener('change', showMonth);
showMonth();
onSubmit(form, async (values) => {
  const monthly = values.kind === 'monthly';
  const report = await api('POST', '/reports', {
    kind: values.kind,
    year: Number(values.year),
    ...(monthly && { month: Number(values.month) }),
  });
  reports.set(report.id, report);
  remember();
  draw();
});
for (;;) {
  await refresh();
  await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
}

function showMonth() {
  byId('month-field').hidden = kind.value !== 'monthly';
}

/** Asks for what is not finished yet. A report the server no longer knows is forgotten: it has been restarted. */
async function refresh() {
  for (const { id, status } of [...reports.values()]) {
    if (status === 'done' || status === 'failed') continue;
    try {
      reports.set(id, await api('GET', `/reports/${id}`));
    } catch (error) {
      if (error.status === 404) reports.delete(id);
    }
  }
  remember();
  draw();
}

function draw() {
  const rows = [...reports.values()].filter((one) => one.status !== 'unknown').reverse();
  byId('no-reports').hidden = rows.length > 0;
  syncList(byId('reports'), rows, reportRow);
}

function reportRow(report) {
  const { id, period, status, message } = report;
  const title =
    period.kind === 'annual'
      ? `Annual report ${period.year}`
      : `Monthly report ${period.year}-${String(period.month).padStart(2, '0')}`;
  const link = (format) =>
    el('a', {
      className: 'button quiet',
      href: `/reports/${id}/download?format=${format}`,
      textContent: format.toUpperCase(),
      attributes: { download: '', 'aria-label': `Download ${title} as ${format.toUpperCase()}` },
    });
  return el(
    'li',
    { className: 'report-row' },
    el(
      'div',
      {},
      el('span', { className: 'title', textContent: title }),
      el('p', { className: 'muted small', textContent: message ?? `Report ${id}` }),
    ),
    el('span', { className: `chip ${status}`, textContent: status }),
    ...(status === 'done' ? [link('csv'), link('html')] : []),
  );
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
  } catch {
    return [];
  }
}

function remember() {
  sessionStorage.setItem(KEY, JSON.stringify([...reports.keys()].slice(-20)));
}
