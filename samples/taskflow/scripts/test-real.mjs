// `npm run test:real`: the same tests on a PostgreSQL and a Redis server that are started for them. Further arguments
// go to mocha. Exit code 3, and the reason, when the servers' programs are not installed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { missingPrograms, startRealServers } from './real-servers.mjs';

const NOT_RUN = 3;
const folder = fileURLToPath(new URL('..', import.meta.url));

async function main() {
  const missing = missingPrograms();
  if (missing) {
    console.log(`Not run: ${missing}.`);
    return NOT_RUN;
  }
  const servers = await startRealServers();
  const env = { ...process.env, DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl };
  const mocha = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', ...process.argv.slice(2)], {
    cwd: folder,
    env,
    stdio: 'inherit',
  });
  const forward = (/** @type {NodeJS.Signals} */ signal) => void mocha.kill(signal);
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  try {
    const [code] = await once(mocha, 'close');
    return code ?? 1;
  } finally {
    await servers.stop();
  }
}

process.exitCode = await main();
