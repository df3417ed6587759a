import { readFile } from 'node:fs/promises';
import { oneWayToAsk, planNotRead } from '../tracer/error/cli-errors.ts';
import { textOf } from '../tracer/error/error.ts';
import { DEFAULT_CAPTURE, DEFAULT_LIMITS, DEFAULT_QUESTION, type Plan } from '../tracer/plan/plan.ts';
import { parsePlan } from '../tracer/plan/schema.ts';
import { renderReport } from '../tracer/report/render.ts';
import { buildReport } from '../tracer/report/report.ts';
import { TraceSession } from '../tracer/session/session.ts';
import { type Parsed, text, texts, usage } from './arguments.ts';
import { parseDuration } from './duration.ts';
import { log, printJson, useColor } from './output.ts';
import { strategyOf } from './strategy.ts';
import { targetsOf } from './target.ts';

/** Probes named by hand are wanted as they are: the limit only keeps memory bounded. */
const MANUAL_EVENTS_PER_SECOND = 400_000;

/** `nodescope record` */
export async function record(parsed: Parsed): Promise<void> {
  const strategy = strategyOf(parsed);
  const ms = durationOf(parsed);
  const given = await planOf(parsed);
  const question = text(parsed, 'ask') ?? given?.question ?? (given === null ? DEFAULT_QUESTION : undefined);
  const out = text(parsed, 'out');
  const workspace = text(parsed, 'workspace');
  const { specs, program } = await targetsOf(parsed);
  try {
    const limits = given?.limits ?? DEFAULT_LIMITS;
    const started = Date.now();
    const session = await TraceSession.attach({
      targets: specs,
      ...(out === undefined ? {} : { out }),
      ...(workspace === undefined ? {} : { workspace }),
      ...(question === undefined ? {} : { question }),
      eventsPerSecond: limits.eventsPerSecond,
      memoryMB: limits.memoryMB,
    });
    log(
      `attached to ${session.recording.manifest.targets.map((target) => `process ${target.pid} (Node ${target.nodeVersion.slice(1)})`).join(', ')} in ${Date.now() - started} ms`,
    );
    let recording = false;
    try {
      const plan = given ?? (await session.planFor(question as string, strategy));
      const states = await session.install(plan, { strict: texts(parsed, 'probe').length > 0 });
      recording = true;
      for (const state of states) if (state.status === 'failed') log(`not traced: ${state.at}: ${state.reason}`);
      log(`recording ${states.filter((state) => state.status !== 'failed').length} probes to ${session.directory}`);
      await untilDone(session, ms, program?.exited);
    } finally {
      await (recording ? session.stop() : session.discard());
    }
    const report = buildReport(session.recording);
    if (parsed.values.json) printJson({ recording: session.directory, ...report });
    else process.stdout.write(`${renderReport(report, { color: useColor() })}\nrecording: ${session.directory}\n`);
  } finally {
    await program?.stop();
  }
}

function durationOf(parsed: Parsed): number | null {
  const value = text(parsed, 'duration');
  if (value === undefined) return null;
  const ns = parseDuration(value);
  if (ns === null || ns <= 0) throw usage(`--duration takes a time such as 10s or 2m, not "${value}"`);
  return ns / 1e6;
}

/** The plan a command line gives outright; null when it is to be made from a question. */
async function planOf(parsed: Parsed): Promise<Plan | null> {
  const file = text(parsed, 'plan');
  const probes = texts(parsed, 'probe');
  const ways = [file !== undefined, text(parsed, 'ask') !== undefined, probes.length > 0].filter(Boolean).length;
  if (ways > 1) throw oneWayToAsk();
  if (file !== undefined) {
    const content = await readFile(file, 'utf8').catch((error) => Promise.reject(planNotRead(file, textOf(error))));
    return parsePlan(content, file);
  }
  if (probes.length === 0) return null;
  const plan = {
    version: 1,
    strategy: 'full',
    limits: { ...DEFAULT_LIMITS, eventsPerSecond: MANUAL_EVENTS_PER_SECOND },
    probes: [
      ...probes.map((at) => ({ kind: 'function', at, capture: [...DEFAULT_CAPTURE] })),
      { kind: 'library', library: 'http' },
    ],
  };
  return parsePlan(plan, '--probe');
}

/** Waits for the duration, Ctrl-C, the end of the launched program, or of every target. */
async function untilDone(session: TraceSession, ms: number | null, exited: Promise<void> | undefined): Promise<void> {
  const undo: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    // A timer always pending keeps the process alive while it records without a duration.
    const timer = setTimeout(resolve, Math.min(ms ?? 2 ** 31 - 1, 2 ** 31 - 1));
    undo.push(() => clearTimeout(timer));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const stop = () => {
        log('stopping: taking the probes out');
        resolve();
      };
      process.once(signal, stop);
      undo.push(() => process.removeListener(signal, stop));
    }
    undo.push(
      session.onClosed((reason) => {
        log(reason);
        if (!session.attached) resolve();
      }),
    );
    void exited?.then(resolve);
  });
  for (const step of undo) step();
}
