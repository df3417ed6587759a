import * as vscode from 'vscode';
import type { CinemaPanel } from '../cinema/panel.ts';
import { askQuestion } from '../debug/ask-question.ts';
import { pickProcess } from '../debug/process-picker.ts';
import type { DebugSessions } from '../debug/sessions.ts';
import type { TraceLenses } from '../editor/lenses.ts';
import { reveal } from '../editor/reveal.ts';
import type { Shown } from '../recording/shown.ts';
import { reporting } from '../report-error.ts';
import { attach } from './attach.ts';
import { findingGone, nothingRuns } from './extension-errors.ts';
import { openRecording } from './open-recording.ts';
import { applyPlan, planFromQuestion } from './plan.ts';

export interface Parts {
  readonly shown: Shown;
  readonly cinema: CinemaPanel;
  readonly sessions: DebugSessions;
  readonly lenses: TraceLenses;
}

/** Registers every command. Those that a user can reach from the palette are in package.json; arguments are not trusted. */
export function registerCommands({ shown, cinema, sessions, lenses }: Parts): vscode.Disposable[] {
  const commands: Record<string, (argument?: unknown) => unknown> = {
    'nodescope.attach': (argument) => attach({ pid: pidOf(argument) }),
    'nodescope.pickProcess': async () => {
      const pid = await pickProcess();
      return pid === undefined ? undefined : String(pid);
    },
    'nodescope.askQuestion': () => askQuestion(),
    'nodescope.plan': () => planFromQuestion(sessions),
    'nodescope.applyPlan': (argument) => applyPlan(sessions, uriOf(argument)),
    'nodescope.stop': async () => {
      if (!(await sessions.stop())) throw nothingRuns();
    },
    'nodescope.openRecording': async (argument) => {
      if (await openRecording(shown, uriOf(argument))) cinema.show();
    },
    'nodescope.closeRecording': () => shown.show(null),
    'nodescope.showCinema': () => cinema.show(),
    'nodescope.showCall': (argument) =>
      cinema.focus(typeof argument === 'number' ? { call: argument, tab: 'details' } : {}),
    'nodescope.showFinding': (argument) => {
      const finding = findingOf(shown, argument);
      cinema.focus({ finding: finding.id, tab: 'findings' });
    },
    'nodescope.openFinding': async (argument) => {
      const { location } = findingOf(shown, argument);
      if (location !== null) await reveal(location, { occupied: cinema.column, focus: true });
    },
    'nodescope.clearLenses': () => lenses.clear(),
  };
  return Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, (argument?: unknown) => reporting(() => run(argument))),
  );
}

function findingOf(shown: Shown, argument: unknown) {
  const id = isObject(argument) ? argument.id : argument;
  const finding = shown.current?.findings().find((candidate) => candidate.id === id);
  if (finding === undefined) throw findingGone();
  return finding;
}

/** A resource: of a menu, or of a tree item. */
function uriOf(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  return isObject(argument) && argument.resourceUri instanceof vscode.Uri ? argument.resourceUri : undefined;
}

function pidOf(argument: unknown): number | undefined {
  const pid = isObject(argument) ? argument.pid : argument;
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
