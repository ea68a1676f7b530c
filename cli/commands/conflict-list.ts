/** `tillgate conflict list` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import { CONFLICTS_OF_HQ, isAboutHq } from '../conflict-target.ts';
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';

export const conflictList: Command = {
  words: 'conflict list',
  summary: 'list what could not both stand, and how it was decided',
  options: [CONFLICTS_OF_HQ],
  async run(context, input) {
    const answer = isAboutHq(context, input)
      ? await (
          await import('../../hq/control/with-hq.ts')
        ).withHq(context, (call) => call('conflict.list', {}))
      : await withGateway(context, (call) => call('conflict.list', {}));
    const rows = answer.conflicts.map((conflict) => [
      conflict.conflictId,
      conflict.rule,
      conflict.datum,
      conflict.sides.map(({ origin, index }) => `${origin} ${index}`).join(', '),
      conflict.winner === null ? 'none' : String(conflict.winner),
      conflict.state,
    ]);
    const sums = `${answer.open} open, ${answer.decided} decided`;
    const table = asTable(['id', 'rule', 'about', 'sides', 'stands', 'state'], rows);
    context.output.result(answer, rows.length === 0 ? 'No conflicts.' : `${table}\n${sums}`);
    return undefined;
  },
};
