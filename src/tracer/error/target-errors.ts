import { NodeScopeError, textOf } from './error.ts';

export const noSuchProcess = (pid: number) =>
  new NodeScopeError(
    'target.no-process',
    `There is no process with pid ${pid}; run "nodescope list" to see the Node processes here.`,
  );

export const notNode = (pid: number, what: string) =>
  new NodeScopeError(
    'target.not-node',
    `Process ${pid} (${what}) is not a Node.js process; run "nodescope list" to see the ones that are.`,
  );

export const notPermitted = (pid: number) =>
  new NodeScopeError(
    'target.not-permitted',
    `Process ${pid} belongs to another user; run NodeScope as that user to attach to it.`,
  );

export const inspectorDidNotOpen = (pid: number, port: number, holder: string | null) =>
  new NodeScopeError(
    'target.inspector-closed',
    holder === null
      ? `Process ${pid} did not open its inspector on port ${port}; it may have been started with --disable-sigusr1, so restart it with --inspect=0 and attach by port.`
      : `Process ${pid} cannot open its inspector because port ${port} is taken by ${holder}; stop that debugger and try again.`,
  );

export const portDead = (host: string, port: number) =>
  new NodeScopeError(
    'target.port-dead',
    `No Node.js inspector answers at ${host}:${port}; start the process with --inspect=${port}, or attach by --pid.`,
  );

export const notAnInspector = (url: string, why: string) =>
  new NodeScopeError(
    'target.not-inspector',
    `${url} is not a Node.js inspector (${why}); check the port or URL that the process printed.`,
  );

export const connectionFailed = (url: string, error: unknown) =>
  new NodeScopeError(
    'target.connection',
    `Could not connect to the inspector at ${url} (${textOf(error)}); check that the process is still running.`,
    { cause: error },
  );

export const connectionLost = (what: string) =>
  new NodeScopeError('target.lost', `The connection to ${what} was lost; what was recorded until then is kept.`);

export const protocolError = (method: string, error: unknown) =>
  new NodeScopeError('target.protocol', `The process did not accept ${method} (${textOf(error)}).`, { cause: error });

export const noAnswer = (method: string, ms: number) =>
  new NodeScopeError(
    'target.no-answer',
    `The process did not answer ${method} within ${ms} ms; it may be stopped at a breakpoint of another debugger, so resume it there.`,
  );

export const noTarget = () =>
  new NodeScopeError('target.none', 'Say which process to attach to: --pid N, --port N, --ws URL, or -- node app.js.');

export const badWebSocketUrl = (url: string) =>
  new NodeScopeError(
    'target.bad-url',
    `"${url}" is not a WebSocket URL of an inspector; it looks like ws://127.0.0.1:9229/<id>.`,
  );

export const programFailed = (program: string, why: string) =>
  new NodeScopeError('target.program', `Could not start ${program} (${why}); check the command after "--".`);
