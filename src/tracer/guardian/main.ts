import { createInterface } from 'node:readline';
import { type Charge, parseLine } from './charge.ts';
import { putBack } from './put-back.ts';

const LIMIT_MS = 30_000;

/**
 * A process of its own beside the recorder, which lives as long as it: when the recorder is killed its end of the pipe
 * closes, and what it can no longer put back is put back from here. With nothing left in its care it just ends.
 */
const charges = new Map<string, Charge>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const said = parseLine(line);
    if (said === null) return;
    if ('free' in said) charges.delete(said.free);
    else charges.set(said.charge.agent, said.charge);
  })
  .on('close', () => {
    // A target that stands still (stopped, frozen) never answers.
    setTimeout(() => process.exit(), LIMIT_MS);
    void Promise.all([...charges.values()].map(putBack)).then(() => process.exit());
  });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
