/** `tillgate price set`: a manager sets a price of the store for a time. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import { scaledText } from '../../protocol/scaled.ts';
import type { Command } from '../command.ts';
import { PRICE_OPTIONS, priceWords } from '../price-words.ts';

export const priceSet: Command = {
  words: 'price set',
  summary: 'set a price of the store until a time; a manager answers for it',
  details:
    'It stands before the price of headquarters until then. Each word is an entry of the log, and ' +
    'headquarters is told when a price that it publishes has to wait.',
  arguments: [
    { name: 'item', summary: 'its id' },
    { name: 'price', summary: 'of one unit, such as 1.99' },
  ],
  options: [
    {
      flags: '--until <time>',
      summary: 'RFC 3339, such as 2026-12-24T18:00:00+01:00',
      required: true,
    },
    ...PRICE_OPTIONS,
  ],
  async run(context, input) {
    const words = { ...priceWords(input), amount: input.argument('price') };
    const until = input.requiredOption('until');
    const override = await withGateway(context, (call) => call('price.set', { ...words, until }));
    const price = `${scaledText(override.amount)} ${override.currency}`;
    const { itemId, over } = override;
    const before = over === null ? 'none' : scaledText(over.amount);
    const text = `${itemId} is ${price} until ${override.until}; headquarters' price is ${before}.`;
    context.output.result(override, text);
    return undefined;
  },
};
