/** Opens the API on the parts of a running headquarters. */
import type { HqConfig } from '../../config/hq-schema.ts';
import type { HqPaths } from '../../config/paths.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import type { Log } from '../../platform/logging.ts';
import { PRODUCT_VERSION } from '../../platform/product-version.ts';
import type { Clock } from '../../protocol/clock.ts';
import { listStores } from '../control/list-stores.ts';
import type { Custody, Life } from '../custody/custody.ts';
import type { Conflicts } from '../conflicts/open-conflicts.ts';
import { HeadMaker } from '../ingest/head-maker.ts';
import type { Feeds } from '../feeds/open-feeds.ts';
import type { Receiving } from '../ingest/receiving.ts';
import type { Oversight } from '../oversight.ts';
import { openApiToken } from '../keys/api-token.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import type { ProjectionClient } from '../projection/projection-client.ts';
import type { Rights } from '../rights/open-rights.ts';
import type { RestoreGap } from '../restore/restore-gap.ts';
import { apiDocumentRoute } from './api-document.ts';
import { commandRoutes } from './command-api.ts';
import { feedRoutes } from './feed-api.ts';
import { rightsRoutes } from './rights-api.ts';
import { startHqApi } from './hq-api.ts';
import type { HqApiOptions } from './hq-api.ts';

export type OpenApiOptions = {
  paths: HqPaths;
  config: HqConfig;
  clock: Clock;
  log: Log;
  keys: HqKeys;
  custody: Custody;
  projection: ProjectionClient;
  receiving: Receiving;
  oversight: Oversight;
  feeds: Feeds;
  conflicts: Conflicts;
  rights: Rights;
};

/** Throws `PORT_IN_USE`. */
export async function openApi(options: OpenApiOptions): Promise<HttpServer> {
  const { paths, config, clock, log, keys, custody, projection, receiving } = options;
  const { alarms, restore } = options.oversight;
  const identity = {
    version: PRODUCT_VERSION,
    domain: config.domain,
    hqKeys: [keys.durable.vkey, keys.feed.vkey],
    process: process.pid,
    mqtt: receiving.address,
  };
  const api = await startHqApi({
    address: config.http,
    token: openApiToken(paths),
    custody,
    heads: new HeadMaker(keys.durable, clock),
    ingest: receiving.ingest,
    projection,
    conflicts: options.conflicts,
    supplies: options.feeds.keeper,
    stores: () => listStores(paths, custody),
    alarms,
    feeds: async () => ({
      feeds: await options.feeds.publish.feeds(),
      gateways: receiving.feeds.holdings(),
    }),
    status: async () => ({
      ...identity,
      http: api.address,
      entriesKept: receiving.entriesKept,
      incarnation: custody.incarnation,
      lives: (await custody.lives()).map(shownLife),
      restore: restore.gaps().slice(-GAPS_SHOWN).map(shownGap),
      conflicts: options.conflicts.keeper.counts,
      alarms: alarms.list(),
    }),
    connections: () => receiving.connectionCount,
    further: furtherRoutes(options),
    log,
  });
  return api;
}

function furtherRoutes({ feeds, rights }: OpenApiOptions): HqApiOptions['further'] {
  const { publish, commands } = feeds;
  return {
    ...apiDocumentRoute(),
    ...feedRoutes(publish),
    ...rightsRoutes({ rights: rights.desk, chainOf: (named) => publish.chainOf(named) }),
    ...commandRoutes(commands),
  };
}

/** The latest say what is going on; the file in the home has all. */
const GAPS_SHOWN = 1_000;

function shownLife({ beganAtMs, ...life }: Life): object {
  return { ...life, beganAt: new Date(beganAtMs).toISOString() };
}

function shownGap({
  origin,
  fromSize,
  toSize,
  gatewaySize,
  foundAt,
  completeAt,
}: RestoreGap): object {
  return { origin, fromSize, toSize, gatewaySize, foundAt, completeAt };
}
