/** `tillgate quarantine list`, run on headquarters' home. */
import { asTable } from '../table.ts';
import type { Command } from '../command.ts';

export const quarantineList: Command = {
  words: 'quarantine list',
  summary: 'list the entries that headquarters could not read',
  async run(context) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const answer = await withHq(context, (call) => call('quarantine.list', {}));
    const rows = answer.items.map(({ origin, index, recordedAt, reason, ...item }) => [
      `${origin} ${index}`,
      recordedAt ?? 'unknown',
      stateOf(item),
      reason,
    ]);
    const sums = `${answer.open} open, ${answer.waived} waived`;
    const table = asTable(['entry', 'since', 'state', 'reason'], rows);
    context.output.result(answer, rows.length === 0 ? `${sums}.` : `${table}\n${sums}`);
    return undefined;
  },
};

function stateOf(item: { waiver: { by: string } | null; uninterpreted: boolean }): string {
  if (item.waiver !== null) return `waived by ${item.waiver.by}`;
  return item.uninterpreted ? 'a later release reads it' : 'open';
}
