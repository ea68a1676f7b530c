/** `tillgate hq feed show`: the feeds of headquarters, or the documents of one collection. */
import { TillgateError } from '../../protocol/errors.ts';
import { COLLECTION_NAMES, isCollection } from '../../protocol/feed/collections.ts';
import { asTable } from '../table.ts';
import type { Command } from '../command.ts';

const LIMIT = { fallback: 100, max: 1_000 };

export const hqFeedShow: Command = {
  words: 'hq feed show',
  summary: 'show what was published to the stores',
  details: 'Without --collection every feed with the number of its documents.',
  options: [
    { flags: '--collection <name>', summary: `documents of ${COLLECTION_NAMES.join(', ')}` },
    { flags: '--chain <chain>', summary: 'the chain', defaultText: 'the only one there is' },
    { flags: '--store <store>', summary: "of this store's own feed", defaultText: 'the chain' },
    { flags: '--after <id>', summary: 'only documents behind this id' },
    { flags: '--limit <n>', summary: 'so many at most', defaultText: String(LIMIT.fallback) },
  ],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const collection = input.option('collection');
    if (collection === undefined) {
      const answer = await withHq(context, (call) => call('feed.list', {}));
      const rows = answer.feeds.map(({ origin, size, documents, quarantined }) => [
        ...[origin, String(size), String(quarantined)],
        Object.entries(documents)
          .map(([name, count]) => `${name} ${count}`)
          .join(', '),
      ]);
      const table = asTable(['feed', 'entries', 'quarantined', 'documents'], rows);
      context.output.result(answer, rows.length === 0 ? 'Nothing was published yet.' : table);
      return undefined;
    }
    if (!isCollection(collection)) {
      throw new TillgateError('USAGE', `--collection is one of ${COLLECTION_NAMES.join(', ')}.`);
    }
    const limit = input.integer('limit', LIMIT.fallback, { min: 1, max: LIMIT.max });
    const optional = { chain: input.option('chain'), store: input.option('store') };
    const given = Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    );
    const after = input.option('after') ?? '';
    const answer = await withHq(context, (call) =>
      call('feed.show', { ...given, collection, after, limit }),
    );
    const lines = answer.documents.map(({ document }) => JSON.stringify(document));
    if (answer.next !== null) lines.push(`more: --after ${answer.next}`);
    context.output.result(answer, lines.length === 0 ? 'There are none.' : lines.join('\n'));
    return undefined;
  },
};
