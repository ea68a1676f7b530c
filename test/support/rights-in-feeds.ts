/**
 * Writes into the feeds what headquarters writes itself, grants among it: into the home of a
 * headquarters that is down, by the part of it that writes feeds.
 */
import { randomUUID } from 'node:crypto';
import { HQ_CONFIG } from '../../config/hq-schema.ts';
import { loadConfig } from '../../config/loader.ts';
import { hqPaths } from '../../config/paths.ts';
import { custodySources, openCustody } from '../../hq/custody/open-custody.ts';
import { FeedKeeper } from '../../hq/feeds/feed-keeper.ts';
import { readHqKeys } from '../../hq/keys/hq-keys.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { checkChange } from '../../protocol/feed/change.ts';
import type { Collection } from '../../protocol/feed/collections.ts';
import type { JsonObject } from '../../protocol/json/json-value.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';

/** Publishes documents for chain `acme` or one store of it; throws for one that is wrong. */
export async function publishAtHome(
  home: string,
  place: FeedPlace,
  documents: readonly (readonly [Collection, JsonObject])[],
): Promise<void> {
  const paths = hqPaths(home);
  const config = loadConfig(HQ_CONFIG, paths.configFile);
  const keys = readHqKeys(paths, config.domain);
  const custody = await openCustody(custodySources(paths, config), (error) => {
    throw error;
  });
  const keeper = await FeedKeeper.open({
    ...{ path: paths.feedsFile, domain: config.domain, keys, custody, clock: systemClock },
    ...{ bootId: randomUUID(), newId: randomUUID, log: { warn: () => undefined } },
  });
  const changes = documents.map(([collection, document]) => {
    const checked = checkChange({ op: 'put', collection, document });
    if (!checked.ok) throw new TypeError(JSON.stringify(checked.problems));
    return checked.change;
  });
  await keeper.publish(place, changes, { isDryRun: false });
  await keeper.close();
  await custody.close();
}
