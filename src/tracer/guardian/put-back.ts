import { AgentLink } from '../probe/agent-link.ts';
import { DebuggerDomain } from '../probe/debugger-domain.ts';
import { deoptimise } from '../probe/deoptimiser.ts';
import { WriteBack } from '../probe/write-back.ts';
import { leaveAndClose } from '../target/close-inspector.ts';
import { Inspector } from '../target/inspector.ts';
import type { Charge } from './charge.ts';

/** How long a function may take until its next call, milliseconds: one that is not called stays a forwarder. */
const CALL_MS = 3000;

/** Takes everything out of a target whose recorder has died, as that would have done itself. Never throws. */
export async function putBack({ url, agent: name, optimised, debts }: Charge): Promise<void> {
  const inspector = await Inspector.connect(url).catch(() => null);
  // The process ended, or its inspector was closed: nothing is left to do, or no way to do it.
  if (inspector === null) return;
  try {
    const agent = AgentLink.to(inspector, name);
    if (!(await agent.present())) return await inspector.close();
    const domain = new DebuggerDomain(inspector);
    const writeBack = new WriteBack(inspector, agent, domain);
    domain.onPaused((paused) => {
      if (!writeBack.paused(paused)) void domain.resumeStranger(paused);
    });
    await domain.need();
    await agent.call('remove');
    await writeBack.run(debts, CALL_MS);
    if (optimised) await deoptimise(inspector);
    await domain.release();
    const opened = await agent.forget();
    await agent.release().catch(() => undefined);
    await (opened ? leaveAndClose(inspector) : inspector.close());
  } catch {
    await inspector.close();
  }
}
