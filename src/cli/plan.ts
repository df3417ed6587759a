import { writeFile } from 'node:fs/promises';
import { planNotWritten } from '../tracer/error/cli-errors.ts';
import { textOf } from '../tracer/error/error.ts';
import { DEFAULT_QUESTION } from '../tracer/plan/plan.ts';
import { renderPlan } from '../tracer/plan/render.ts';
import { TraceSession } from '../tracer/session/session.ts';
import { type Parsed, text } from './arguments.ts';
import { log, printJson } from './output.ts';
import { strategyOf } from './strategy.ts';
import { targetsOf } from './target.ts';
import { withTemporaryFolder } from './temporary.ts';

/** `nodescope plan` */
export async function plan(parsed: Parsed): Promise<void> {
  const strategy = strategyOf(parsed);
  const question = text(parsed, 'ask') ?? DEFAULT_QUESTION;
  const workspace = text(parsed, 'workspace');
  const { specs, program } = await targetsOf(parsed);
  try {
    const made = await withTemporaryFolder(async (out) => {
      const session = await TraceSession.attach({
        targets: specs,
        out,
        question,
        ...(workspace === undefined ? {} : { workspace }),
      });
      try {
        return await session.planFor(question, strategy);
      } finally {
        await session.stop();
      }
    });
    const out = text(parsed, 'out');
    if (out !== undefined) {
      await writeFile(out, `${JSON.stringify(made, null, 2)}\n`).catch((error) =>
        Promise.reject(planNotWritten(out, textOf(error))),
      );
      log(`The plan is in ${out}; run "nodescope record --plan ${out} ..." to use it.`);
    }
    if (parsed.values.json) printJson(made);
    else if (out === undefined) process.stdout.write(`${renderPlan(made)}\n`);
  } finally {
    await program?.stop();
  }
}
