/** `tillgate hq grant list`: what was handed out, and what became of it. */
import { CHAIN_OPTION, shownAmount } from '../pool-target.ts';
import { asTable } from '../table.ts';
import type { Command } from '../command.ts';

export const hqGrantList: Command = {
  words: 'hq grant list',
  summary: 'list the grants of rights',
  details:
    'Those that are issued, open (its gateway has it) or recalled; with --all those that are settled too.',
  options: [{ flags: '--all', summary: 'settled ones too' }, CHAIN_OPTION],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const chain = input.option('chain');
    const answer = await withHq(context, (call) =>
      call('grant.list', chain === undefined ? {} : { chain }),
    );
    const grants = answer.grants.filter(({ state }) => input.flag('all') || state !== 'settled');
    const rows = grants.map(({ grantId, pool, holder, amount, drawn, state, expiresAt }) => [
      ...[grantId, pool, holder, shownAmount(pool, amount), shownAmount(pool, drawn), state],
      expiresAt ?? '',
    ]);
    const head = ['grant', 'pool', 'holder', 'amount', 'spent', 'state', 'expires'];
    const text = rows.length === 0 ? 'There are none.' : asTable(head, rows);
    context.output.result({ ...answer, grants }, text);
    return undefined;
  },
};
