import { noTarget } from '../tracer/error/target-errors.ts';
import { type LaunchedProgram, launchProgram } from '../tracer/target/launch.ts';
import type { TargetSpec } from '../tracer/target/target-spec.ts';
import { type Parsed, text, texts, wholeNumber } from './arguments.ts';

export interface Targets {
  readonly specs: readonly TargetSpec[];
  /** The program behind `--`, which ends with the command. */
  readonly program: LaunchedProgram | null;
}

/** The targets a command line names. Throws `target.none`, `target.program`, `cli.usage`. */
export async function targetsOf(parsed: Parsed): Promise<Targets> {
  const host = text(parsed, 'host');
  const specs: TargetSpec[] = [
    ...texts(parsed, 'pid').map((value) => ({ pid: wholeNumber(value, 'pid', 2 ** 31) })),
    ...texts(parsed, 'port').map((value) => ({
      port: wholeNumber(value, 'port', 65535),
      ...(host === undefined ? {} : { host }),
    })),
    ...texts(parsed, 'ws').map((ws) => ({ ws })),
  ];
  if (parsed.program.length > 0) {
    const program = await launchProgram(parsed.program);
    return { specs: [...specs, { pid: program.pid }], program };
  }
  if (specs.length === 0) throw noTarget();
  return { specs, program: null };
}
