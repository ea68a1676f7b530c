/**
 * The shape of a command. One file a command under `commands/`, one export, listed in
 * `command-list.ts`:
 *
 *   export const deviceList: Command = {
 *     words: 'device list',
 *     summary: 'list the devices of this gateway',
 *     arguments: [{ name: 'id', summary: 'the device', required: false }],
 *     options: [{ flags: '--role <role>', summary: 'only devices of this role' }],
 *     async run(context, input) {
 *       const { listDevices } = await import('../../daemon/control/…');   // heavy things: lazily
 *       context.output.result({ devices }, asTable(devices));
 *     },
 *   };
 *
 * A command gets its words through `input`, speaks through `context.output`, throws TillgateError
 * for what went wrong (cli/exit-code.ts turns its code into the exit code), and returns EXIT.check
 * when a check that it was asked to make failed. `--home`, `--json` and `--quiet` are global: they
 * are read by the frame, before or after the words. Static imports stay light, so that `--help` is
 * quick; what opens databases or starts servers is imported inside `run`.
 */
import type { Clock } from '../protocol/clock.ts';
import type { CommandInput } from './command-input.ts';
import type { ExitCode } from './exit-code.ts';
import type { Output } from './output.ts';

export interface CommandArgument {
  name: string;
  summary: string;
  /** Required without it. */
  required?: boolean;
  /** The last one may come several times. */
  isRepeated?: boolean;
}

export interface CommandOption {
  /** As commander reads them: `--role <role>`, `--body`, `--data <file...>` (repeatable). */
  flags: string;
  summary: string;
  /** Only shown; for defaults that are computed. */
  defaultText?: string;
  required?: boolean;
}

export interface CommandContext {
  /** The folder given with --home; undefined means the system's places. */
  home: string | undefined;
  json: boolean;
  quiet: boolean;
  output: Output;
  clock: Clock;
  /** Aborted on the first SIGINT or SIGTERM; the second ends the process at once. */
  signal: AbortSignal;
}

export interface Command {
  /** The words that call it, without `tillgate`. */
  words: string;
  /** One line, small first letter, no full stop. */
  summary: string;
  /** Further paragraphs of the help text. */
  details?: string;
  arguments?: readonly CommandArgument[];
  options?: readonly CommandOption[];
  run(context: CommandContext, input: CommandInput): Promise<ExitCode | undefined>;
}
