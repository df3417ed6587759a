import type { SourceLocation } from '../event/location.ts';
import type { ScriptRegistry } from '../probe/script-registry.ts';

/** Original place of a raw frame `function\turl\tline\tcolumn` (1-based, as V8's call sites give them); null when malformed. */
export async function callSiteLocation(registry: ScriptRegistry, frame: string): Promise<SourceLocation | null> {
  const [name = '', url = '', line = '', column = ''] = frame.split('\t');
  const at = { line: Number(line) - 1, column: Number(column) - 1 };
  if (url === '' || !(at.line >= 0) || !(at.column >= 0)) return null;
  const script = registry.byUrl(url);
  const place =
    script === undefined
      ? { file: url.replace(/^file:\/\//, ''), line: at.line + 1, column: at.column }
      : await script.original(at);
  return name === '' ? place : { ...place, function: name };
}
