import { calculateReport } from './calculate.js';
import { renderCsv } from './render-csv.js';
import { renderHtml } from './render-html.js';
import type { RenderedReport, ReportInput } from './report.js';

/** What a thread of the report pool does with a task of the pool. */
export default function makeReport(input: ReportInput): RenderedReport {
  const report = calculateReport(input);
  return { report, csv: renderCsv(report), html: renderHtml(report) };
}
