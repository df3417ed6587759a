/** The debug adapter on its own, for any editor that speaks the protocol: reads stdin, writes stdout, logs to stderr. */
import { TraceSession } from '../tracer/session/session.ts';
import { NodeScopeDebugSession } from './debug-session.ts';
import { startTrace } from './start-trace.ts';

class StandAlone extends NodeScopeDebugSession {
  /** The client is gone: what is traced is left first. */
  override shutdown(): void {
    void this.end().finally(() => process.exit(0));
  }
}

console.log = console.error;
const session = new StandAlone({ start: (request) => startTrace(request, TraceSession.attach) });
session.start(process.stdin, process.stdout);
process.once('SIGTERM', () => session.shutdown());
