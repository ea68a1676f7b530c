#!/usr/bin/env node
/**
 * `tillgate`: reads the words, runs one command, says what went wrong in two lines, and ends with
 * the exit code of cli/exit-code.ts. Nothing else of the product calls process.exit.
 */
import { CommanderError } from 'commander';
import { systemClock } from '../platform/system-clock.ts';
import { systemFailure } from '../platform/system-failure.ts';
import { COMMANDS } from './command-list.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { Output } from './output.ts';
import { buildProgram, usageError } from './program.ts';

async function main(words: readonly string[]): Promise<ExitCode> {
  const streams = { stdout: process.stdout, stderr: process.stderr };
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram(COMMANDS, async (command, input, globals) => {
    const output = new Output(streams, globals);
    const context = { ...globals, output, clock: systemClock, signal: untilSignal() };
    exitCode = (await command.run(context, input)) ?? EXIT.ok;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    const failure =
      error instanceof CommanderError ? usageError(error, words) : (systemFailure(error) ?? error);
    if (failure === undefined) return EXIT.ok;
    new Output(streams, { json: words.includes('--json'), quiet: false }).failure(failure);
    if (process.env['TILLGATE_DEBUG'] === '1') console.error(error);
    return exitCodeOf(failure);
  }
}

/** Aborts on the first SIGINT or SIGTERM; the second ends the process as the signal would. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT.internal);
      controller.abort(name);
    });
  }
  return controller.signal;
}

/** A reader that went away (`| head`) is no failure of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.internal);
});

const exitCode = await main(process.argv.slice(2));
// A part that could not be closed must not keep the process; what was written goes out first.
process.stdout.write('', () => process.exit(exitCode));
