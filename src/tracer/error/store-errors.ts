import { NodeScopeError, textOf } from './error.ts';

export const recordingNotFound = (path: string): NodeScopeError =>
  new NodeScopeError(
    'store.not-found',
    `There is no recording at "${path}": give the folder that holds its recording.json, or the id of a recording in .nodescope/recordings here.`,
  );

export const recordingUnreadable = (path: string, why: unknown): NodeScopeError =>
  new NodeScopeError(
    'store.unreadable',
    `The recording at "${path}" cannot be read (${textOf(why)}): check that the folder is complete and that you may read it.`,
    { cause: why },
  );

export const recordingNotWritable = (path: string, why: unknown): NodeScopeError =>
  new NodeScopeError(
    'store.not-writable',
    `A recording cannot be started in "${path}" (${textOf(why)}): choose a folder you may write to.`,
    { cause: why },
  );

export const recordingWriteFailed = (path: string, why: unknown): NodeScopeError =>
  new NodeScopeError(
    'store.write-failed',
    `The recording in "${path}" can no longer be written (${textOf(why)}): what came before stays readable; free some space and record again.`,
    { cause: why },
  );

export const recordingTooSlow = (path: string, pendingMB: number): NodeScopeError =>
  new NodeScopeError(
    'store.too-slow',
    `The disk under "${path}" is slower than the events come (${pendingMB} MB waiting), so events are being left out: record fewer functions or use a faster disk.`,
  );

export const recordingIdInvalid = (id: string): NodeScopeError =>
  new NodeScopeError(
    'store.id-invalid',
    `"${id.slice(0, 80)}" is not a recording id: use one like 20261123-150812-ab12, as printed when recording.`,
  );
