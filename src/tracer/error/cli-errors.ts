import { NodeScopeError } from './error.ts';

export const planNotWritten = (file: string, why: string) =>
  new NodeScopeError(
    'cli.plan-not-written',
    `The plan could not be written to ${file} (${why}); choose another place with --out.`,
  );

export const planNotRead = (file: string, why: string) =>
  new NodeScopeError(
    'cli.plan-not-read',
    `The plan ${file} could not be read (${why}); check the path given with --plan.`,
  );

export const oneWayToAsk = () =>
  new NodeScopeError('cli.one-plan', 'Give either --plan FILE, --ask TEXT or --probe FILE#NAME, not several of them.');

export const noRecordingGiven = () =>
  new NodeScopeError('cli.no-recording', 'Say which recording: its folder, its id, or "latest".');
