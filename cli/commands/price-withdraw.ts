/** `tillgate price withdraw`: the price of headquarters counts again. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';
import { PRICE_OPTIONS, priceWords } from '../price-words.ts';

export const priceWithdraw: Command = {
  words: 'price withdraw',
  summary: 'take a price of the store back, so that headquarters’ counts',
  arguments: [{ name: 'item', summary: 'its id' }],
  options: PRICE_OPTIONS,
  async run(context, input) {
    const override = await withGateway(context, (call) =>
      call('price.withdraw', priceWords(input)),
    );
    context.output.result(override, `The price of ${override.itemId} is headquarters' again.`);
    return undefined;
  },
};
