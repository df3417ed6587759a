import { NodeScopeError } from '../../tracer/error/error.ts';

export const noFolderOpen = () =>
  new NodeScopeError(
    'vscode.no-folder',
    'Open the folder of your application first: plans and recordings are kept in its .nodescope folder.',
  );

export const notAPlan = () =>
  new NodeScopeError(
    'vscode.not-a-plan',
    'Open a *.plan.json file first, or make one with "NodeScope: Plan from a Question".',
  );

export const planNotSaved = () =>
  new NodeScopeError('vscode.plan-not-saved', 'The plan has to be saved as a file before it can be applied.');

export const nothingRuns = () =>
  new NodeScopeError('vscode.nothing-runs', 'NodeScope is not recording anything right now.');

export const noRecordings = () =>
  new NodeScopeError(
    'vscode.no-recordings',
    'There is no recording in .nodescope/recordings yet; attach to a process to make one.',
  );

export const findingGone = () =>
  new NodeScopeError(
    'vscode.finding-gone',
    'That finding belongs to a recording that is no longer shown; open its recording first.',
  );

export const notTrusted = () =>
  new NodeScopeError(
    'vscode.not-trusted',
    'NodeScope attaches to processes only in a trusted workspace; trust this one with "Workspaces: Manage Workspace Trust".',
  );
