/** `tillgate hq pool set`: how much of a pool there is. */
import { CHAIN_OPTION, POOL_OPTIONS, amountOf, poolOf, shownAmount } from '../pool-target.ts';
import type { Command } from '../command.ts';

export const hqPoolSet: Command = {
  words: 'hq pool set',
  summary: 'say how much of a pool there is in all',
  details:
    'What was spent already is part of it. A coupon with a cap and a single-use code have theirs by ' +
    'themselves. It cannot be lowered below what is handed out or spent.',
  options: [
    ...POOL_OPTIONS,
    { flags: '--amount <n>', summary: 'in units, uses, points or major units', required: true },
    CHAIN_OPTION,
  ],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const pool = poolOf(input);
    const amount = amountOf(pool, input.requiredOption('amount'));
    const chain = input.option('chain');
    const answer = await withHq(context, (call) =>
      call('pool.set', { pool, amount, ...(chain !== undefined && { chain }) }),
    );
    const left = shownAmount(pool, answer.available);
    context.output.result(
      answer,
      `There are ${shownAmount(pool, amount)} of ${pool}; ${left} are left.`,
    );
    return undefined;
  },
};
