/** Wires the rights with the feeds they come from, the log they are written in, and the alarms. */
import { existsSync } from 'node:fs';
import { FeedReader } from '../../platform/feeds/feed-reader.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import { FrostKeeper } from './frost-keeper.ts';
import { RightsKeeper } from './rights-keeper.ts';

/** How soon after its cause has ended a frost ends, and a grant that waits is taken. */
const LOOK_MS = 1_000;

export function startRights(
  parts: SharedParts & LogKeeping & { config: () => GatewayConfig },
): void {
  const { paths, log, teardown, ledger, reader, uplink, feedListeners } = parts;
  const stopping = new AbortController();
  const { rights } = reader;
  const keeper = new RightsKeeper({
    ...{ ledger, rights, schedule: systemSchedule, signal: stopping.signal },
    gateway: parts.config().gateway,
    openFeeds: () => opened(paths.feedsFile),
    isAcknowledged: () => {
      const { origin, head } = uplink.status;
      return origin === ledger.tip.origin && head !== null && head.size > 0;
    },
    onTrouble: (error) => log.warn({ err: error }, 'rights of the feeds could not be taken in'),
  });
  const frost = frostKeeper(parts, () => keeper.forget());
  feedListeners.onStatus.push(() => keeper.run());
  feedListeners.onReplaced.push(() => keeper.forget());
  keeper.run();
  // An alarm of a second copy that stood before this start counts before the first till is served.
  let cancel = systemSchedule(look, 0);
  function look(): void {
    void frost.look();
    if (keeper.isWaiting) keeper.run();
    cancel = systemSchedule(look, LOOK_MS);
  }
  teardown.add('rights', () => {
    cancel();
    stopping.abort();
    return keeper.settled();
  });
}

function frostKeeper(
  { ledger, reader, list, epochs, alarms, log }: SharedParts & LogKeeping,
  forget: () => void,
): FrostKeeper {
  return new FrostKeeper({
    ...{ ledger, rights: reader.rights, list, alarms },
    fetchAgain: async () => {
      await Promise.all(reader.returned().map(({ origin }) => epochs.fetch(origin)));
    },
    onThawed: () => {
      log.info('rights may be spent again');
      forget();
    },
    onTrouble: (error) => log.warn({ err: error }, 'rights could not be frozen or thawed'),
  });
}

function opened(file: string): FeedReader | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return new FeedReader(file);
  } catch (error) {
    // Not made whole yet, or damaged, which its writer finds and heals.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
