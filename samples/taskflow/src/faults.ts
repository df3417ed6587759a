/**
 * The deliberate faults, by name. Each is marked `FAULT <name>` in a comment where it happens; switched off, the same
 * place does it right.
 */
export const faultNames = [
  'lost-update',
  'n-plus-one',
  'check-then-act',
  'worker-crash',
  'worker-oom',
  'email-hang',
  'retry-storm',
  'unhandled-exception',
  'blocking-report',
  'connection-leak',
  'lost-promise',
  'cache-stampede',
] as const;

export type FaultName = (typeof faultNames)[number];
export type Faults = ReadonlySet<FaultName>;

export const allFaults: Faults = new Set(faultNames);
export const noFaults: Faults = new Set();

/**
 * Reads a list such as `lost-update,n-plus-one`. Nothing given means every fault; empty or `none` means no fault.
 * Throws an Error that names the unknown fault and the known ones.
 */
export function parseFaults(text: string | undefined): Faults {
  if (text === undefined) return allFaults;
  const names = text.split(',').flatMap((part) => part.trim() || []);
  if (names.length === 1 && names[0] === 'none') return noFaults;
  return new Set(names.map(knownFault));
}

function knownFault(name: string): FaultName {
  const known = faultNames.find((fault) => fault === name);
  if (known) return known;
  throw new Error(`TASKFLOW_FAULTS names the unknown fault "${name}"; use ${faultNames.join(', ')} or none.`);
}
