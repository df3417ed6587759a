import { inspectorAt } from './discovery.ts';
import { evaluateValue, type Inspector } from './inspector.ts';

const CLOSE_MS = 2000;

const CLOSE_LATER = `(() => {
  const others = Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith('__nodescope_'));
  for (const name of others) if (globalThis[name]?.config) globalThis[name].config.closeInspector = true;
  if (others.length > 0) return false;
  const load = process.getBuiltinModule ?? require;
  const inspector = load('node:inspector');
  load('node:timers').setTimeout(() => { try { inspector.close(); } catch {} }, 30);
  return true;
})()`;

/**
 * Leaves a target whose inspector we opened: it closes once our connection is gone (`inspector.close()` waits for its
 * clients), unless another recorder came in through it, which then closes it in our place. Resolves when nobody listens at its port any more, so that whoever
 * attaches next meets no closing door.
 */
export async function leaveAndClose(inspector: Inspector): Promise<void> {
  const closing = await evaluateValue<boolean>(inspector, CLOSE_LATER, true).catch(() => false);
  await inspector.close();
  if (!closing) return;
  const { hostname, port } = new URL(inspector.url);
  const deadline = Date.now() + CLOSE_MS;
  while (Date.now() < deadline && (await inspectorAt(hostname, Number(port), 200)).kind !== 'nothing') {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
