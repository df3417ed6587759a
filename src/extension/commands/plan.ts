import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { plural } from '../../adapter/duration.ts';
import type { LiveTrace } from '../../adapter/live-trace.ts';
import { planFromText } from '../../adapter/plan-file.ts';
import type { Plan, PlanProbe } from '../../tracer/plan/plan.ts';
import { TraceSession } from '../../tracer/session/session.ts';
import { homeOf } from '../../tracer/store/paths.ts';
import { askQuestion } from '../debug/ask-question.ts';
import { pickProcess } from '../debug/process-picker.ts';
import type { DebugSessions } from '../debug/sessions.ts';
import { attach } from './attach.ts';
import { noFolderOpen, notAPlan, notTrusted, planNotSaved } from './extension-errors.ts';

const SUFFIX = '.plan.json';

/** Makes a plan for a question about a running process and opens it for review; nothing is traced yet. */
export async function planFromQuestion(sessions: DebugSessions): Promise<void> {
  if (!vscode.workspace.isTrusted) throw notTrusted();
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  if (folder === undefined) throw noFolderOpen();
  const question = await askQuestion();
  if (question === undefined) return;
  const trace = sessions.trace();
  const pid = trace === null ? await pickProcess() : undefined;
  if (trace === null && pid === undefined) return;
  const plan = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'NodeScope: reading the code and counting calls' },
    () => (pid === undefined ? (trace as NonNullable<typeof trace>).planFor(question) : planFor(pid, question, folder)),
  );
  const file = await keep(plan, question, folder);
  await vscode.window.showTextDocument(vscode.Uri.file(file), { preview: false });
}

/** Attaches for the time it takes to look; the recording that comes with an attach is thrown away. */
async function planFor(pid: number, question: string, workspace: string): Promise<Plan> {
  const out = await mkdtemp(join(tmpdir(), 'nodescope-'));
  try {
    const session = await TraceSession.attach({ targets: [{ pid }], out, workspace, question });
    try {
      return await session.planFor(question);
    } finally {
      await session.stop();
    }
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function keep(plan: Plan, question: string, folder: string): Promise<string> {
  const plans = join(homeOf(folder), 'plans');
  await mkdir(plans, { recursive: true });
  const words = question.toLowerCase().match(/[a-z0-9]+/g) ?? ['plan'];
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const file = join(plans, `${words.join('-').slice(0, 50)}-${stamp}${SUFFIX}`);
  await writeFile(file, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
  return file;
}

/** Installs the plan in the running trace, or attaches with it. `uri`: a plan file, else the one in the active editor. */
export async function applyPlan(sessions: DebugSessions, uri: vscode.Uri | undefined): Promise<void> {
  const document =
    uri === undefined ? vscode.window.activeTextEditor?.document : await vscode.workspace.openTextDocument(uri);
  if (document === undefined || !document.fileName.endsWith(SUFFIX)) throw notAPlan();
  const plan = planFromText(document.getText(), basename(document.fileName));
  const trace = sessions.trace();
  if (trace !== null) {
    await addTo(trace, plan);
    return;
  }
  if ((document.isUntitled || document.isDirty) && !(await document.save())) throw planNotSaved();
  await attach({ plan: document.fileName });
}

/** Installs what the running trace does not have yet. */
async function addTo(trace: LiveTrace, plan: Plan): Promise<void> {
  const present = new Set(trace.probes().map(({ kind, at }) => `${kind} ${at}`));
  const probes = plan.probes.filter((probe) => !present.has(`${probe.kind} ${placeOf(probe)}`));
  if (probes.length > 0) await trace.install({ ...plan, probes });
  const text =
    probes.length === 0 ? 'all probes of the plan are there already' : `${plural(probes.length, 'probe')} added`;
  vscode.window.setStatusBarMessage(`NodeScope: ${text}`, 5_000);
}

function placeOf(probe: PlanProbe): string {
  return probe.kind === 'library' ? probe.library : probe.at;
}
