import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.js';
import type { Bus } from './bus/bus.js';
import { openBus } from './bus/open-bus.js';
import { openCache } from './cache/open-cache.js';
import { httpAddress, readConfig } from './config.js';
import { connectDatabase, type Database } from './database/connect.js';
import { migrate } from './database/migrations.js';
import { seed } from './database/seed.js';
import { NotifyTarget } from './notify/notify-target.js';

// Work that nobody waits for must not take down those who are being served: it is told, and the process goes on.
process.on('unhandledRejection', (reason) => {
  console.error('TaskFlow goes on after an unhandled rejection:', reason);
});

const SHUTDOWN_LIMIT_MS = 5_000;
// Ctrl-C reaches everything in the terminal, and npm passes it on besides: what comes so soon is the same key press.
const SAME_SIGNAL_MS = 500;

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? `TaskFlow could not start: ${error.message}` : error);
  process.exit(1);
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const database = await connectDatabase(config.databaseUrl, config.poolSize);
  await migrate(database.pool);
  await seed(database.pool, config.seedSize);
  const notifyTarget = new NotifyTarget(config.notifyUrl);
  const { faults, logLevel, node, workers, storageFailure, clusterSecret: secret, peerUrl } = config;
  const bus = await openBus(config, (message) => console.error(message));
  const cache = await openCache(config.redisUrl, (message) => console.error(message));
  const app = await buildApp({
    database,
    faults,
    logLevel,
    bus,
    node,
    ...(secret !== undefined && { cluster: { secret, peerUrl } }),
    cache,
    notifyTarget,
    workers,
    startWorkers: true,
    storageFailure,
  });
  await app.listen({ port: config.port, host: config.host });
  const { port } = app.server.address() as AddressInfo;
  console.log(`TaskFlow listening on ${httpAddress(config.host, port)} (pid ${process.pid})`);
  endOnSignals(app, database, bus, notifyTarget);
  // Not before: nothing that the first requests need has to wait for the mock service.
  notifyTarget.url().catch((error: Error) => console.error(error.message));
}

/** Finishes the requests under way, then closes the database. A second signal, or too long a wait, ends at once. */
function endOnSignals(app: FastifyInstance, database: Database, bus: Bus, notifyTarget: NotifyTarget): void {
  let ending = false;
  let endingSince = 0;
  const end = async (): Promise<void> => {
    if (ending) {
      if (performance.now() - endingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    ending = true;
    endingSince = performance.now();
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
    await app.close();
    await Promise.all([bus.close(), notifyTarget.stop(), database.close()]);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  // Only a process that was started by another one with a channel to it, as the nodes of a cluster are.
  process.once('disconnect', () => {
    if (!ending) void end();
  });
  void database.exited.then(() => {
    if (ending) return;
    console.error('The embedded database ended unexpectedly, so TaskFlow ends too; start it again.');
    process.exit(1);
  });
}
