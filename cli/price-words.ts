/** What every word about a price of the store names: the item, the currency, and who answers for it. */
import type { CommandOption } from './command.ts';
import type { CommandInput } from './command-input.ts';

export const PRICE_OPTIONS: readonly CommandOption[] = [
  { flags: '--manager <id>', summary: 'the operator who answers for it', required: true },
  { flags: '--currency <code>', summary: 'ISO 4217', defaultText: "the store's" },
  { flags: '--reason <text>', summary: 'why, for those who look later' },
];

export function priceWords(input: CommandInput): {
  itemId: string;
  currency: string;
  managerId: string;
  reason?: string;
} {
  const reason = input.option('reason');
  return {
    itemId: input.argument('item'),
    // The gateway knows the store's.
    currency: input.option('currency') ?? '',
    managerId: input.requiredOption('manager'),
    ...(reason !== undefined && { reason }),
  };
}
