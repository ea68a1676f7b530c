/** `tillgate price list`: the prices that the store set itself, beside what headquarters says. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import { scaledText } from '../../protocol/scaled.ts';
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';

export const priceList: Command = {
  words: 'price list',
  summary: 'list the prices that the store set itself',
  async run(context) {
    const answer = await withGateway(context, (call) => call('price.list', {}));
    const rows = answer.overrides.map((override) => [
      ...[override.itemId, scaledText(override.amount), override.currency, override.until],
      override.published === null ? 'none' : scaledText(override.published.amount),
      ...[override.managerId, override.reason ?? ''],
    ]);
    const head = ['item', 'price', 'currency', 'until', 'headquarters', 'manager', 'reason'];
    const text = rows.length === 0 ? 'All prices are those of headquarters.' : asTable(head, rows);
    context.output.result(answer, text);
    return undefined;
  },
};
