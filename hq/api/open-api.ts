/** Opens the API on the parts of a running headquarters. */
import type { HqConfig } from '../../config/hq-schema.ts';
import type { HqPaths } from '../../config/paths.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import type { Log } from '../../platform/logging.ts';
import { PRODUCT_VERSION } from '../../platform/product-version.ts';
import type { Clock } from '../../protocol/clock.ts';
import { listStores } from '../control/list-stores.ts';
import type { Custody } from '../custody/custody.ts';
import { HeadMaker } from '../ingest/head-maker.ts';
import type { Receiving } from '../ingest/receiving.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import type { ProjectionClient } from '../projection/projection-client.ts';
import { startHqApi } from './hq-api.ts';

export type OpenApiOptions = {
  paths: HqPaths;
  config: HqConfig;
  clock: Clock;
  log: Log;
  keys: HqKeys;
  custody: Custody;
  projection: ProjectionClient;
  receiving: Receiving;
};

/** Throws `PORT_IN_USE`. */
export async function openApi(options: OpenApiOptions): Promise<HttpServer> {
  const { paths, config, clock, log, keys, custody, projection, receiving } = options;
  const identity = {
    version: PRODUCT_VERSION,
    domain: config.domain,
    hqKeys: [keys.durable.vkey, keys.feed.vkey],
    incarnation: custody.incarnation,
    process: process.pid,
    mqtt: receiving.address,
  };
  const api = await startHqApi({
    address: config.http,
    custody,
    heads: new HeadMaker(keys.durable, clock),
    ingest: receiving.ingest,
    projection,
    stores: () => listStores(paths, custody),
    status: () => ({ ...identity, http: api.address, entriesKept: receiving.entriesKept }),
    connections: () => receiving.connectionCount,
    log,
  });
  return api;
}
