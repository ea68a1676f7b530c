/** The option that several `log` commands share: which epoch an index is counted in. */
import type { CommandOption } from './command.ts';
import type { CommandInput } from './command-input.ts';

/** As many as a ledger can hold. */
const EPOCH_MAX = 8_191;

export const EPOCH_OPTION: CommandOption = {
  flags: '--epoch <n>',
  summary: 'the epoch that an index is counted in, from 1',
  defaultText: 'the newest',
};

export function epochOf(input: CommandInput): number | undefined {
  const epoch = input.integer('epoch', 0, { min: 1, max: EPOCH_MAX });
  return epoch === 0 ? undefined : epoch;
}
