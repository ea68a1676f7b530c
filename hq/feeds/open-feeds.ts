/** Opens the feeds on the parts of a headquarters, running or not. */
import { randomInt, randomUUID } from 'node:crypto';
import type { HqConfig } from '../../config/hq-schema.ts';
import type { HqPaths } from '../../config/paths.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { CommandOffice } from '../commands/command-office.ts';
import type { CommandOfficeOptions } from '../commands/command-office.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { listStores } from '../control/list-stores.ts';
import type { Custody } from '../custody/custody.ts';
import { topicDown } from '../ingest/introduce.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import type { RestoreGap } from '../restore/restore-gap.ts';
import type { RestoreKeeper } from '../restore/restore-keeper.ts';
import { FeedDistribution } from './feed-distribution.ts';
import type { FeedDistributionOptions } from './feed-distribution.ts';
import { FeedKeeper } from './feed-keeper.ts';
import { epochShown, isLacking } from './feed-gaps.ts';
import { FeedRecovery } from './feed-recovery.ts';
import { FeedReports } from './feed-reports.ts';
import { PublishDesk } from './publish-desk.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

export type OpenFeedsOptions = {
  paths: HqPaths;
  config: HqConfig;
  keys: HqKeys;
  custody: Custody;
  /** What a restored headquarters lacks. */
  gaps: () => readonly RestoreGap[];
  clock: Clock;
  log: { warn(details: object, message: string): void };
  /** Where answers to commands are found. */
  projection: { ask: CommandOfficeOptions['ask'] };
};

export type Feeds = { keeper: FeedKeeper; publish: PublishDesk; commands: CommandOffice };

export async function openFeeds(options: OpenFeedsOptions): Promise<Feeds> {
  const { paths, config, keys, custody, gaps, clock, log, projection } = options;
  const keeper = await FeedKeeper.open({
    ...{ path: paths.feedsFile, domain: config.domain, keys, custody, clock, log },
    ...{ bootId: randomUUID(), newId: randomUUID },
    epochShown: (place) => epochShown(gaps(), place),
    isLacking: (origin) => isLacking(gaps(), origin),
  });
  const publish = new PublishDesk({
    ...{ keeper, clock, newId: randomUUID },
    chains: async () => {
      const stores = await listStores(paths, custody);
      const feeds = keeper.feeds().map(({ place }) => place);
      return [...new Set([...stores, ...feeds].map(({ chain }) => chain))].sort();
    },
  });
  const commands = new CommandOffice({
    ...{ keeper, desk: publish, custody, clock, newId: randomUUID },
    ask: (call) => projection.ask(call),
  });
  return { keeper, publish, commands };
}

/** Of each feed that has grown enough, now and later; those of earlier lives go. */
export function makeSnapshots(
  keeper: Pick<FeedKeeper, 'feeds' | 'onPublished'>,
  snapshots: SnapshotKeeper,
): void {
  const look = (): void => {
    const sizes = new Map(keeper.feeds().map(({ row }) => [row.origin, row.size]));
    snapshots.keepOnly(sizes);
    for (const [origin, size] of sizes) snapshots.grown(origin, size);
  };
  look();
  keeper.onPublished(look);
}

export type StartDistributionOptions = {
  paths: HqPaths;
  keys: HqKeys;
  keeper: FeedKeeper;
  custody: Custody;
  restore: RestoreKeeper;
  clock: Clock;
  send: FeedDistributionOptions['send'];
  /** Hears of new lives of headquarters. */
  onLife: (listener: () => void) => void;
  log: { warn(details: object, message: string): void };
};

export type FeedService = {
  distribution: FeedDistribution;
  recovery: FeedRecovery;
  close(): Promise<void>;
};

/** Sends them to the gateways of a running headquarters, and takes back what was lost of them. */
export async function startDistribution(options: StartDistributionOptions): Promise<FeedService> {
  const { paths, keys, keeper, custody, restore, send, clock, log } = options;
  const signerOf = (origin: string): NoteSigner => keys.logSigner(origin);
  const { snapshotsDir: folder, feedsFile } = paths;
  const snapshots = new SnapshotKeeper({ folder, feedsFile, clock, log, signerOf });
  makeSnapshots(keeper, snapshots);
  const common = { custody, keeper, clock, log, schedule: systemSchedule };
  const recovery = await FeedRecovery.open({
    ...{ ...common, restore, reports: new FeedReports(paths.feedReportsFile) },
    vkeyOf: (origin) => signerOf(origin).vkey,
    send: (place, type, payload) => send(topicDown(place, type), payload),
    onRecovered: () => distribution.introduce(),
  });
  const distribution: FeedDistribution = new FeedDistribution({
    ...{ ...common, send, signerOf, snapshots, recovery },
    random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
  });
  // What the gateways hold has to be shown to this life.
  options.onLife(() => distribution.introduce());
  const close = async (): Promise<void> => {
    await recovery.close();
    await distribution.close();
    await snapshots.close();
  };
  return { distribution, recovery, close };
}

const RANDOM_STEPS = 2 ** 40;
