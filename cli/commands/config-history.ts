/** `tillgate config history`: who changed what and when, and which of two changes stood. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Verbs } from '../../daemon/control/verbs.ts';
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';
import { shownValue } from '../shown-value.ts';

type Event = Verbs['config.history']['result']['history'][number];

const LIMIT = { fallback: 50, max: 1_000 };

export const configHistory: Command = {
  words: 'config history',
  summary: 'show the changes of the configuration, newest first',
  details: 'Every change is an entry of the log: of technicians, by hand, and of headquarters.',
  arguments: [{ name: 'key', summary: 'only of this key', required: false }],
  options: [
    { flags: '--limit <n>', summary: 'so many at most', defaultText: String(LIMIT.fallback) },
  ],
  async run(context, input) {
    const limit = input.integer('limit', LIMIT.fallback, { min: 1, max: LIMIT.max });
    const key = input.optionalArgument('key');
    const answer = await withGateway(context, (call) =>
      call('config.history', { ...(key !== undefined && { key }), limit: String(limit) }),
    );
    const rows = answer.history.map((event) => [
      ...[String(event.index), event.recordedAt, event.side, event.action, event.key],
      ...[shownValue(event.before), shownValue(event.value), standsText(event)],
    ]);
    const head = ['entry', 'when', 'who', 'how', 'key', 'before', 'value', 'stands'];
    const text = rows.length === 0 ? 'The log has no change of it.' : asTable(head, rows);
    context.output.result(answer, text);
    return undefined;
  },
};

function standsText({ stands, rule, code, clampedFrom }: Event): string {
  const words = [stands ? 'yes' : 'no', rule, code, clampedFrom && 'its clock was far ahead'];
  return words.filter((word) => word !== undefined && word !== '').join(', ');
}
