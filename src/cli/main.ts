#!/usr/bin/env node
import { NodeScopeError, textOf } from '../tracer/error/error.ts';
import { parseCommandLine } from './arguments.ts';
import { HELP } from './help.ts';
import { list } from './list.ts';
import { plan } from './plan.ts';
import { query } from './query.ts';
import { record } from './record.ts';
import { report } from './report.ts';
import { state } from './state.ts';

/** Put in by the bundler from package.json. */
declare const __NODESCOPE_VERSION__: string;

const RUN = { list, plan, record, report, query, state } as const;

/** Runs one command; the exit code is 0 when it did what was asked, 1 with one sentence on stderr when not. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 0 || argv[0] === '--help' || argv[0] === '-h' || argv[0] === 'help') {
    process.stdout.write(HELP);
    return argv.length === 0 ? 1 : 0;
  }
  if (argv[0] === '--version') {
    process.stdout.write(`${__NODESCOPE_VERSION__}\n`);
    return 0;
  }
  try {
    const parsed = parseCommandLine(argv);
    await RUN[parsed.command as keyof typeof RUN](parsed);
    return 0;
  } catch (error) {
    if (error instanceof NodeScopeError) process.stderr.write(`${error.message}\n`);
    else
      process.stderr.write(
        `NodeScope met a fault of its own (${textOf(error)}); please report it with the command you ran.\n${process.env.NODESCOPE_DEBUG ? `${(error as Error).stack}\n` : ''}`,
      );
    return 1;
  }
}

// Writing on to a reader that has gone (`| head`) is the end of the command, not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});
process.exitCode = await main(process.argv.slice(2));
