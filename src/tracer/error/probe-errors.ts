import { NodeScopeError } from './error.ts';

/** Names shown in a message: bounded, so that one sentence stays one. */
const some = (names: readonly string[], most = 8) =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

export const probeSyntax = (at: string) =>
  new NodeScopeError(
    'probe.syntax',
    `"${at}" is not a probe; write FILE#NAME, for example src/tasks/task-manager.ts#TaskManager.assignTask.`,
  );

export const fileNotLoaded = (file: string, loaded: readonly string[]) =>
  new NodeScopeError(
    'probe.file-not-loaded',
    loaded.length === 0
      ? `No loaded script comes from "${file}", and the process runs no application file at all; check that this is the right process.`
      : `No loaded script comes from "${file}"; the process runs ${some(loaded)}.`,
  );

export const fileAmbiguous = (file: string, matches: readonly string[]) =>
  new NodeScopeError(
    'probe.file-ambiguous',
    `"${file}" matches several files (${some(matches)}); give more of the path.`,
  );

export const functionUnknown = (name: string, file: string, known: readonly string[]) =>
  new NodeScopeError(
    'probe.function-unknown',
    known.length === 0
      ? `"${file}" has no function "${name}", nor any other that NodeScope could find; check the file.`
      : `"${file}" has no function "${name}"; it has ${some(known)}.`,
  );

export const functionAmbiguous = (name: string, file: string, matches: readonly string[]) =>
  new NodeScopeError(
    'probe.function-ambiguous',
    `"${name}" matches several functions of "${file}" (${some(matches)}); write the whole name.`,
  );

export const nothingToInstall = () =>
  new NodeScopeError(
    'probe.none',
    'None of the probes could be installed; run "nodescope plan" to see what can be traced.',
  );

export const agentGone = () =>
  new NodeScopeError(
    'probe.agent-gone',
    'The process removed the probes by itself because the recorder had been silent too long; attach again.',
  );

export const streamBroken = (why: string) =>
  new NodeScopeError(
    'probe.stream-broken',
    `What the process sent is not what its probes write (${why}); attach again, and check that nothing else in it uses names that begin with __nodescope_.`,
  );
