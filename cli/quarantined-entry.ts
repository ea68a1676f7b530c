/** How the quarantine commands name an entry: the origin of its log, and its index. */
import { TillgateError } from '../protocol/errors.ts';
import type { CommandArgument } from './command.ts';
import type { CommandInput } from './command-input.ts';

export const ENTRY: readonly CommandArgument[] = [
  { name: 'origin', summary: 'the log, as `quarantine list` shows it' },
  { name: 'index', summary: 'the entry in it' },
];

/** Throws `USAGE`. */
export function entryOf(input: CommandInput): { origin: string; index: number } {
  const index = input.optionalArgument('index') ?? '';
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(index)) {
    throw new TillgateError('USAGE', 'INDEX is a whole number.');
  }
  return { origin: input.argument('origin'), index: Number(index) };
}
