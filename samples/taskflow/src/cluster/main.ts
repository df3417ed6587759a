import { randomBytes } from 'node:crypto';
import { Broker } from '../bus/broker.js';
import { readConfig } from '../config.js';
import { startEmbeddedDatabase } from '../database/embedded/start.js';
import { NotifyTarget } from '../notify/notify-target.js';
import { type NodeProcess, startNode } from './node-process.js';

// Node a on PORT and node b on the next one. Both serve all routes; a's assignments are made by b's TaskManager.
// What they share runs here: the broker, the embedded database, the mock service; each of them only where the
// environment names no other.

type Stop = () => Promise<unknown>;

/** Last started, first stopped. */
const stops: Stop[] = [];
const running = new Set<NodeProcess>();
let ending = false;

const end = async (exitCode: number): Promise<void> => {
  if (ending) return;
  ending = true;
  for (const stop of stops.reverse()) await stop().catch((error: unknown) => console.error(error));
  process.exit(exitCode);
};
process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? `The cluster could not start: ${error.message}` : error);
  await end(1);
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const shared: NodeJS.ProcessEnv = { TASKFLOW_SECRET: config.clusterSecret ?? randomBytes(24).toString('base64url') };
  if (!config.databaseUrl) {
    const database = await startEmbeddedDatabase();
    stops.push(() => database.stop());
    void database.exited.then(() => endedAlone('The embedded database'));
    shared.DATABASE_URL = database.url;
  }
  if (!config.redisUrl && !config.brokerUrl) {
    const broker = new Broker();
    shared.TASKFLOW_BUS = await broker.listen();
    stops.push(() => broker.close());
  }
  const notifyTarget = new NotifyTarget(config.notifyUrl);
  stops.push(() => notifyTarget.stop());
  shared.NOTIFY_URL = await notifyTarget.url();

  const { port } = config;
  const b = await startNode('b', { ...shared, PORT: String(port === 0 ? 0 : port + 1), TASKFLOW_PEER: '' });
  watch(b);
  const a = await startNode('a', { ...shared, PORT: String(port), TASKFLOW_PEER: b.url });
  watch(a);
  console.log(`TaskFlow cluster ready: node a ${a.url} (pid ${a.pid}), node b ${b.url} (pid ${b.pid})`);
}

/** A node that dies leaves the other one serving; the cluster ends with the last of them. */
function watch(node: NodeProcess): void {
  stops.push(() => node.stop());
  running.add(node);
  void node.exited.then(() => {
    running.delete(node);
    const [left] = running;
    if (!left) endedAlone(`Node ${node.name}`);
    else if (!ending) console.error(`Node ${node.name} ended unexpectedly; node ${left.name} goes on alone.`);
  });
}

function endedAlone(what: string): void {
  if (ending) return;
  console.error(`${what} ended unexpectedly, so the cluster ends too; start it again.`);
  void end(1);
}
