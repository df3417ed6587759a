import { parseArgs } from 'node:util';
import { type FaultName, faultNames } from '../faults.js';
import { Application } from './application.js';
import { proofs } from './proofs.js';

const usage = `Usage: npm run fault -- NAME [--off]
Starts TaskFlow with that fault alone, or with none, triggers it, and shows what comes of it; all: each in turn.
Exit code 0 when the application did what was expected: wrong with the fault, right without.
NAME is one of ${faultNames.join(', ')}.`;

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { off: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const [given, ...rest] = positionals;
  const names = given === 'all' ? faultNames : faultNames.filter((known) => known === given);
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (names.length === 0 || rest.length > 0) {
    console.error(`There is no fault "${positionals.join(' ')}".\n${usage}`);
    return 1;
  }
  let exitCode = 0;
  for (const name of names) exitCode = Math.max(exitCode, await prove(name, values.off));
  return exitCode;
}

async function prove(name: FaultName, off: boolean): Promise<number> {
  console.log(`${name}, switched ${off ? 'off' : 'on'}:`);
  const app = await Application.start(off ? 'none' : name);
  const stop = (): void => void app.stop().then(() => process.exit(1));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const { faulty, correct, seen } = await proofs[name](app);
    const expected = off ? correct : faulty;
    const what = faulty ? 'the fault' : correct ? 'correct' : 'neither the fault nor correct';
    console.log(`  ${seen}`);
    console.log(`  That is ${what}, ${expected ? 'as expected' : 'which was not expected'}.`);
    return expected ? 0 : 1;
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    await app.stop();
  }
}
