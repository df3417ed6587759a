import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchAnalysis } from './analysis.ts';
import { benchCallCost } from './call-cost.ts';
import { benchFastify } from './fastify.ts';
import { benchFlow } from './flow.ts';
import { benchPresence } from './presence.ts';
import type { BenchRow } from './row.ts';
import { benchStore } from './store.ts';
import { benchTaskflow } from './taskflow.ts';

const BENCHES: Readonly<Record<string, (quick: boolean) => Promise<BenchRow[]>>> = {
  call: benchCallCost,
  fastify: benchFastify,
  store: benchStore,
  flow: benchFlow,
  presence: benchPresence,
  analysis: benchAnalysis,
  taskflow: benchTaskflow,
};

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
});
const names = Object.keys(BENCHES);
const wrong = values.only?.find((name) => !(name in BENCHES));
if (values.help || wrong !== undefined) {
  if (wrong !== undefined) console.error(`There is no benchmark "${wrong}".`);
  console.log(`node scripts/bench.mjs [--quick] [--json FILE] [--only ${names.join('|')}]...`);
  process.exit(wrong === undefined ? 0 : 1);
}

const [cpu] = cpus();
console.log(
  `${cpus().length} x ${cpu?.model ?? 'unknown processor'}, ${process.platform} ${process.arch}, Node ${process.version}`,
);
const rows: BenchRow[] = [];
let broken = 0;
for (const name of values.only ?? names) {
  const start = Date.now();
  try {
    const found = await (BENCHES[name] as (typeof BENCHES)[string])(values.quick);
    rows.push(...found);
    console.log(`\n${name} (${Math.round((Date.now() - start) / 1000)} s)`);
    for (const row of found) print(row);
  } catch (error) {
    broken++;
    console.error(`\n${name} could not be measured:`, error);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
const below = rows.filter((row) => row.ok === false);
if (below.length > 0) console.error(`\nbelow the floor: ${below.map((row) => row.id).join(', ')}`);
process.exit(below.length > 0 || broken > 0 ? 1 : 0);

function print(row: BenchRow): void {
  const value = `${row.value.toLocaleString('en')} ${row.unit}`;
  const bounds = [
    row.floor === null ? '' : `floor ${row.floor.toLocaleString('en')} ${row.ok ? 'holds' : 'DOES NOT HOLD'}`,
    row.aim === null ? '' : `aim ${row.aim.toLocaleString('en')} ${reached(row) ? 'reached' : 'missed'}`,
  ];
  console.log(`  ${row.what.padEnd(64)} ${value.padStart(18)}  ${bounds.filter((text) => text !== '').join(', ')}`);
  if (row.peer !== null) console.log(`    ${row.peer}`);
}

function reached({ value, aim, better }: BenchRow): boolean {
  return aim !== null && (better === 'lower' ? value <= aim : value >= aim);
}
