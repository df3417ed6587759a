import { NodeScopeError } from '../tracer/error/error.ts';

export const targetMissing = () =>
  new NodeScopeError(
    'attach.no-target',
    'The debug configuration does not say what to attach to: set "processId", "port" or "websocketAddress".',
  );

export const targetAmbiguous = (names: readonly string[]) =>
  new NodeScopeError(
    'attach.two-targets',
    `The debug configuration names more than one target (${names.join(' and ')}): keep one of them.`,
  );

export const attributeInvalid = (name: string, must: string) =>
  new NodeScopeError('attach.attribute', `"${name}" of the debug configuration must be ${must}.`);

export const attachTimedOut = (ms: number) =>
  new NodeScopeError(
    'attach.timeout',
    `Attaching was not finished after ${ms} ms: check that the process is not stopped, or raise "timeout" in the debug configuration.`,
  );

export const planUnreadable = (file: string, why: string) =>
  new NodeScopeError(
    'attach.plan-unreadable',
    `The plan ${file} cannot be read (${why}): check "plan" in the debug configuration.`,
  );

export const notAttached = () =>
  new NodeScopeError('adapter.not-attached', 'Nothing is being recorded: attach to a process first.');

export const launchUnsupported = () =>
  new NodeScopeError(
    'adapter.launch',
    'NodeScope attaches to a process that already runs: start the program yourself and use "request": "attach".',
  );

export const evaluateUnsupported = () =>
  new NodeScopeError(
    'adapter.evaluate',
    'Expressions cannot be evaluated over a recording in this version: look at Variables, or search in the cinema.',
  );
