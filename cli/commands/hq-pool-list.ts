/** `tillgate hq pool list`: what there is of each pool, and what rights wait for. */
import type { RightsVerbs } from '../../hq/control/rights-verbs.ts';
import { CHAIN_OPTION, shownAmount } from '../pool-target.ts';
import { asTable } from '../table.ts';
import type { Command } from '../command.ts';

export const hqPoolList: Command = {
  words: 'hq pool list',
  summary: 'list the pools of rights, and what they wait for',
  details: 'Units of stock, coupons, points and stored value that are handed out in grants.',
  options: [CHAIN_OPTION],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const chain = input.option('chain');
    const answer = await withHq(context, (call) =>
      call('pool.list', chain === undefined ? {} : { chain }),
    );
    const text = answer.chains.flatMap(linesOf).join('\n');
    context.output.result(answer, text === '' ? 'There are no pools yet.' : text);
    return undefined;
  },
};

type ChainPools = RightsVerbs['pool.list']['result']['chains'][number];

function linesOf({ chain, lock, fenced, pools }: ChainPools): string[] {
  const lines: string[] = [];
  if (pools.length > 0) {
    const head = ['chain', 'pool', 'supply', 'available', 'spent', 'online', 'held'];
    const rows = pools.map(({ pool, supply, available, spent, online, holders }) => {
      const amounts = [supply ?? 0, available, spent, online];
      const held = holders.reduce((sum, { rest }) => sum + rest, 0) - online;
      return [chain, pool, ...[...amounts, held].map((amount) => shownAmount(pool, amount))];
    });
    lines.push(asTable(head, rows));
  }
  if (lock.waitsFor.length > 0) {
    lines.push(
      `Nothing of ${chain} is handed out: headquarters was restored and waits for ` +
        `${lock.waitsFor.join(', ')}. Fence one that is dead: tillgate hq store fence ${chain}/STORE/GATEWAY`,
    );
  } else if (lock.isRunning && lock.settlesInSeconds > 0) {
    lines.push(`Nothing of ${chain} is handed out for ${lock.settlesInSeconds} s after the start.`);
  }
  if (fenced.length > 0) lines.push(`Fenced in ${chain}: ${fenced.join(', ')}`);
  return lines;
}
