import { formatValue } from '../tracer/event/format.ts';
import { stateAt } from '../tracer/query/state.ts';
import { type Parsed, text, time, usage } from './arguments.ts';
import { printJson } from './output.ts';
import { openRecording } from './recording.ts';

/** `nodescope state` */
export async function state(parsed: Parsed): Promise<void> {
  const at = text(parsed, 'at');
  if (at === undefined) throw usage('--at says at which moment, for example --at 1.5s');
  const t = time(at, 'at');
  const watch = text(parsed, 'watch');
  const entries = stateAt(await openRecording(parsed), t, watch === undefined ? {} : { watch });
  if (parsed.values.json) return printJson(entries);
  for (const entry of entries) {
    const key = entry.key === null ? '' : `[${formatValue(entry.key, 60)}]`;
    const before = !entry.beforeKnown ? '' : ` (before: ${formatValue(entry.before, 120)})`;
    process.stdout.write(`${entry.path}${key} = ${formatValue(entry.value, 200)}${before}\n`);
  }
}
