/** `tillgate hq pool show`: one pool, and who holds what of it. */
import { CHAIN_OPTION, POOL_OPTIONS, poolOf, shownAmount } from '../pool-target.ts';
import { asTable } from '../table.ts';
import type { Command } from '../command.ts';

export const hqPoolShow: Command = {
  words: 'hq pool show',
  summary: 'show a pool of rights and its grants',
  options: [...POOL_OPTIONS, CHAIN_OPTION],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const pool = poolOf(input);
    const chain = input.option('chain');
    const answer = await withHq(context, (call) =>
      call('pool.show', { pool, ...(chain !== undefined && { chain }) }),
    );
    const shown = (amount: number): string => shownAmount(pool, amount);
    const sums = [
      ...[`supply       ${answer.supply === null ? 'not set' : shown(answer.supply)}`],
      ...[`available    ${shown(answer.available)}`, `outstanding  ${shown(answer.outstanding)}`],
      ...[`spent        ${shown(answer.spent)}`, `online       ${shown(answer.online)}`],
      ...answer.holders.map(({ holder, rest }) => `${holder} may spend ${shown(rest)}`),
    ];
    const rows = answer.grants.map(({ grantId, holder, amount, drawn, state, expiresAt }) => [
      ...[grantId, holder, shown(amount), shown(drawn), state, expiresAt ?? ''],
    ]);
    const head = ['grant', 'holder', 'amount', 'spent', 'state', 'expires'];
    const table = rows.length === 0 ? [] : ['', asTable(head, rows)];
    context.output.result(answer, [...sums, ...table].join('\n'));
    return undefined;
  },
};
