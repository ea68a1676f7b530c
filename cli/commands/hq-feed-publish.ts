/** `tillgate hq feed publish`: documents for the stores, from files; all of them or none. */
import { setTimeout as delay } from 'node:timers/promises';
import { TillgateError } from '../../protocol/errors.ts';
import {
  COLLECTION_FACTS,
  COLLECTION_NAMES,
  isCollection,
} from '../../protocol/feed/collections.ts';
import type { Collection } from '../../protocol/feed/collections.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import type { HqCall, HqVerbs } from '../../hq/control/hq-verbs.ts';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { readInput } from '../read-input.ts';

const FILE_BYTES_MAX = 512 * 1024 * 1024;
const TOGETHER = 500;
const ASK_MS = 100;
const PROBLEMS_SHOWN = 20;

/** Headquarters writes the others itself. */
const PUBLISHED = COLLECTION_NAMES.filter((name) => COLLECTION_FACTS[name].writer === 'people');

type Placed = { changes: FeedChange[]; places: { file: string; line: number }[] };
type Problem = { code: string; path: string; message: string; file?: string; line?: number };
type Report = Extract<HqVerbs['feed.commit']['result'], { state: 'done' }>['report'];

export const hqFeedPublish: Command = {
  words: 'hq feed publish',
  summary: 'publish items, prices, members, configuration and the like to the stores',
  details:
    'CSV with a header, JSON or a line of JSON each; docs/feeds.md lists the columns. A file is of ' +
    'the collection that it is called after (item.csv, prices-2026.csv), unless --collection or a ' +
    'column says otherwise. All files are checked as a whole and nothing is written when one line ' +
    'is wrong; what is there already is not written again.',
  arguments: [{ name: 'file', summary: 'CSV, JSON or NDJSON', isRepeated: true }],
  options: [
    { flags: '--collection <name>', summary: `one of ${PUBLISHED.join(', ')}` },
    { flags: '--chain <chain>', summary: 'the chain', defaultText: 'the only one there is' },
    { flags: '--store <store>', summary: 'for this store alone', defaultText: 'the whole chain' },
    { flags: '--dry-run', summary: 'check everything and write nothing' },
  ],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const read = await readFiles(input.given, collectionOf(input.option('collection')));
    if (read.problems.length > 0) return refuse(context, read.problems);
    const isDryRun = input.flag('dryRun');
    const place = { chain: input.option('chain'), store: input.option('store') };
    const report = await withHq(context, (call) =>
      publish(context, call, { ...read, ...place, isDryRun }),
    );
    if (report.problems.length > 0) {
      return refuse(
        context,
        report.problems.map((problem) => ({ ...problem, ...read.places[problem.at] })),
      );
    }
    context.output.result({ ...report, isDryRun }, sentence(report, isDryRun));
    return undefined;
  },
};

async function readFiles(
  files: readonly string[],
  collection: Collection | undefined,
): Promise<Placed & { problems: Problem[] }> {
  const { readFeedFile } = await import('../../hq/control/read-feed-file.ts');
  const all: Placed & { problems: Problem[] } = { changes: [], places: [], problems: [] };
  for (const file of files) {
    const read = readFeedFile(file, await readInput(file, FILE_BYTES_MAX), collection);
    for (const [at, change] of read.changes.entries()) {
      all.changes.push(change);
      all.places.push({ file, line: read.lines[at] ?? 0 });
    }
    all.problems.push(...read.problems);
  }
  return all;
}

async function publish(
  { output }: CommandContext,
  call: HqCall,
  what: Placed & { chain: string | undefined; store: string | undefined; isDryRun: boolean },
): Promise<Report> {
  const { changes, chain, store, isDryRun } = what;
  const { id } = await call('feed.begin', {
    ...(chain !== undefined && { chain }),
    ...(store !== undefined && { store }),
    isDryRun,
  });
  // Handed over, tried and written.
  const progress = output.progress('documents', 3 * changes.length);
  try {
    for (let at = 0; at < changes.length; at += TOGETHER) {
      await call('feed.add', { id, changes: changes.slice(at, at + TOGETHER) });
      progress.update(Math.min(at + TOGETHER, changes.length));
    }
    let state = await call('feed.commit', { id });
    while (state.state === 'running') {
      progress.update(changes.length + state.done);
      await delay(ASK_MS);
      state = await call('feed.state', { id });
    }
    progress.update(3 * changes.length);
    return state.report;
  } finally {
    progress.stop();
  }
}

function collectionOf(name: string | undefined): Collection | undefined {
  if (name === undefined || isCollection(name)) return name;
  throw new TillgateError('USAGE', `--collection is one of ${PUBLISHED.join(', ')}.`);
}

function refuse(context: CommandContext, problems: readonly Problem[]): typeof EXIT.check {
  const lines = problems.slice(0, PROBLEMS_SHOWN).map(({ file, line, code, path, message }) => {
    const at = file === undefined ? '' : `${file}:${line ?? 0}: `;
    return `${at}${code}${path === '' ? '' : ` at ${path}`}: ${message}`;
  });
  const more = problems.length - lines.length;
  const text = [...lines, ...(more > 0 ? [`and ${more} more`] : []), 'Nothing was published.'];
  context.output.result({ isPublished: false, problems }, text.join('\n'));
  return EXIT.check;
}

function sentence({ changed, unchanged, feed }: Report, isDryRun: boolean): string {
  const counts = `${changed} changed, ${unchanged} as they were`;
  if (isDryRun) return `${counts}. It was a trial: nothing was published.`;
  if (feed === null || changed === 0) return `${counts}. Nothing had to be published.`;
  return `${counts}. ${feed.origin} has ${feed.size} entries now.`;
}
