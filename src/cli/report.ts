import { renderReport } from '../tracer/report/render.ts';
import { buildReport } from '../tracer/report/report.ts';
import type { Parsed } from './arguments.ts';
import { printJson, useColor } from './output.ts';
import { openRecording } from './recording.ts';

/** `nodescope report` */
export async function report(parsed: Parsed): Promise<void> {
  const recording = await openRecording(parsed);
  const built = buildReport(recording);
  if (parsed.values.json) printJson(built);
  else process.stdout.write(`${renderReport(built, { color: useColor() })}\n`);
}
