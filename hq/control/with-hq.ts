/**
 * How a command speaks to a headquarters: to the running one over its control socket, or, when it is
 * down, to the same operations in this process under the home's lock.
 */
import { randomUUID } from 'node:crypto';
import type { HqConfig } from '../../config/hq-schema.ts';
import { hqPaths } from '../../config/paths.ts';
import type { HqPaths } from '../../config/paths.ts';
import { Alarms } from '../../platform/alarms.ts';
import { connectControl } from '../../platform/control/control-client.ts';
import { acquireHomeLock } from '../../platform/durable/home-lock.ts';
import type { Clock } from '../../protocol/clock.ts';
import { ConflictDesk } from '../conflicts/conflict-desk.ts';
import { custodySources, openCustody } from '../custody/open-custody.ts';
import { openFeeds } from '../feeds/open-feeds.ts';
import { readGaps, type RestoreGap } from '../restore/restore-gap.ts';
import type { Feeds } from '../feeds/open-feeds.ts';
import { readHqKeys } from '../keys/hq-keys.ts';
import { OwnLog } from '../own-log/own-log.ts';
import type { ProjectionCall, ProjectionResults } from '../projection/projection-call.ts';
import { ProjectionService } from '../projection/projection-service.ts';
import { QuarantineDesk } from '../quarantine/quarantine-desk.ts';
import { openRights } from '../rights/open-rights.ts';
import type { RightsDesk } from '../rights/rights-desk.ts';
import { loadHqConfig } from './hq-settings.ts';
import { isRightsVerb } from './rights-verbs.ts';
import { runHqVerb } from './hq-verbs.ts';
import type { HqCall, HqVerbParts } from './hq-verbs.ts';

export interface HqAccess {
  /** As given with --home. */
  home: string | undefined;
  clock: Clock;
}

/** Runs `work` with a way to call verbs; closes what it opened. */
export async function withHq<T>(access: HqAccess, work: (call: HqCall) => Promise<T>): Promise<T> {
  const paths = hqPaths(access.home);
  const config = loadHqConfig(paths);
  const client = await connectControl(paths.controlSocket);
  if (client === undefined) return offline({ paths, config, clock: access.clock }, work);
  try {
    // The headquarters of this release answers each verb as its type says.
    return await work(client.call as HqCall);
  } finally {
    client.close();
  }
}

async function offline<T>(
  at: { paths: HqPaths; config: HqConfig; clock: Clock },
  work: (call: HqCall) => Promise<T>,
): Promise<T> {
  const { paths, config, clock } = at;
  const lock = acquireHomeLock(paths.lockFile);
  try {
    const sources = custodySources(paths, config);
    const custody = await openCustody(sources, () => undefined);
    const service = new ProjectionService(sources, () => clock.monotonicMs());
    try {
      const keys = readHqKeys(paths, config.domain);
      const own = { domain: config.domain, keys, custody, clock, bootId: randomUUID() };
      const ownLog = new OwnLog({ ...own, onKept: () => undefined });
      // The service answers each call as its type says.
      const ask = <C extends ProjectionCall>(call: C): Promise<ProjectionResults[C['call']]> =>
        service.answer(call) as Promise<ProjectionResults[C['call']]>;
      const alarms = new Alarms({ path: paths.alarmsFile, clock, onTrouble: () => undefined });
      const desk = new QuarantineDesk({ custody, ownLog, ask });
      const conflicts = new ConflictDesk({ custody, ownLog, ask });
      const log = { warn: () => undefined };
      const gaps = (): RestoreGap[] => readGaps(paths.restoreFile);
      const openAll = async (): Promise<Opened> => {
        const feeds = await openFeeds({
          ...{ paths, config, keys, custody, gaps, clock, log },
          projection: { ask },
        });
        const own = { keeper: feeds.keeper, ownLog, ask, settleMs: Infinity, mirrored: notRunning };
        return { feeds, rights: openRights({ paths, custody, clock, log, ...own }) };
      };
      return await withFeeds({ desk, alarms, conflicts }, openAll, work);
    } finally {
      await service.end();
      await custody.close();
    }
  } finally {
    lock.release();
  }
}

type Opened = { feeds: Feeds; rights: RightsDesk };

/** Most verbs are not about feeds, and opening them reads what custody holds of them. */
async function withFeeds<T>(
  parts: Omit<HqVerbParts, 'feeds' | 'rights'>,
  openAll: () => Promise<Opened>,
  work: (call: HqCall) => Promise<T>,
): Promise<T> {
  let opened: Promise<Opened> | undefined;
  try {
    return await work(async (verb, params) => {
      if (/^(feed|command)\./.test(verb) || isRightsVerb(verb)) opened ??= openAll();
      return runHqVerb(
        { ...parts, feeds: undefined, rights: undefined, ...(await opened) },
        verb,
        params,
      );
    });
  } finally {
    await (await opened)?.feeds.keeper.close();
  }
}

/** Rights are locked then anyway. */
const notRunning = (): Promise<void> => Promise.resolve();
