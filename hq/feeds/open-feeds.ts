/** Opens the feeds on the parts of a headquarters, running or not. */
import { randomInt, randomUUID } from 'node:crypto';
import type { HqConfig } from '../../config/hq-schema.ts';
import type { HqPaths } from '../../config/paths.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { CommandOffice } from '../commands/command-office.ts';
import type { CommandOfficeOptions } from '../commands/command-office.ts';
import { listStores } from '../control/list-stores.ts';
import type { Custody } from '../custody/custody.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import { FeedDistribution } from './feed-distribution.ts';
import type { FeedDistributionOptions } from './feed-distribution.ts';
import { FeedKeeper } from './feed-keeper.ts';
import { PublishDesk } from './publish-desk.ts';

export type OpenFeedsOptions = {
  paths: HqPaths;
  config: HqConfig;
  keys: HqKeys;
  custody: Custody;
  clock: Clock;
  log: { warn(details: object, message: string): void };
  /** Where answers to commands are found. */
  projection: { ask: CommandOfficeOptions['ask'] };
};

export type Feeds = { keeper: FeedKeeper; publish: PublishDesk; commands: CommandOffice };

export async function openFeeds(options: OpenFeedsOptions): Promise<Feeds> {
  const { paths, config, keys, custody, clock, log, projection } = options;
  const keeper = await FeedKeeper.open({
    ...{ path: paths.feedsFile, domain: config.domain, keys, custody, clock, log },
    ...{ bootId: randomUUID(), newId: randomUUID },
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

/** Sends them to the gateways of a running headquarters. */
export function startDistribution(
  options: Pick<FeedDistributionOptions, 'keeper' | 'custody' | 'clock' | 'log' | 'send'> & {
    keys: HqKeys;
  },
): FeedDistribution {
  return new FeedDistribution({
    ...options,
    signerOf: (origin) => options.keys.logSigner(origin),
    schedule: systemSchedule,
    random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
  });
}

const RANDOM_STEPS = 2 ** 40;
