/** Opens the desk of rights on the parts of a headquarters, running or not. */
import { randomUUID } from 'node:crypto';
import type { HqPaths } from '../../config/paths.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { OwnRightEvent } from '../../protocol/rights/own-right-events.ts';
import { listStores } from '../control/list-stores.ts';
import type { Custody } from '../custody/custody.ts';
import type { FeedKeeper } from '../feeds/feed-keeper.ts';
import type { OwnLog } from '../own-log/own-log.ts';
import type { ProjectionCall, ProjectionResults } from '../projection/projection-call.ts';
import { FeedMirrors } from './feed-mirrors.ts';
import type { Holding } from './feed-mirrors.ts';
import { GatewayReports } from './gateway-reports.ts';
import { keptFeeds } from './kept-feeds.ts';
import { ownEvents } from './own-events.ts';
import { RightsDesk } from './rights-desk.ts';
import type { GatewayName } from './rights-ports.ts';

export type OpenRightsOptions = {
  paths: HqPaths;
  custody: Custody;
  keeper: FeedKeeper;
  ownLog: OwnLog;
  ask: <C extends ProjectionCall>(call: C) => Promise<ProjectionResults[C['call']]>;
  clock: Clock;
  /** Infinity where headquarters does not run. */
  settleMs: number;
  mirrored: (chain: string) => Promise<void>;
  log: { warn(details: object, message: string): void };
};

/** How soon a gateway's question is answered at the latest, and a capped coupon has its supply. */
const TICK_MS = 1_000;
const MS_PER_SECOND = 1_000;

export function openRights(options: OpenRightsOptions): RightsDesk {
  const { paths, custody, keeper, ownLog, ask } = options;
  return new RightsDesk({
    ...options,
    feeds: keptFeeds(keeper),
    facts: (cursor, limit) => ask({ call: 'rights', cursor, limit }),
    atRest: (chain, grantIds) => ask({ call: 'atRest', chain, grantIds }),
    ownEvents: () => ownEvents(custody),
    record: async (chain, event) => {
      await ownLog.record({ kind: 'grant', members: membersOf(chain, event) });
    },
    life: async () => {
      const present = (await custody.lives()).at(-1);
      return { incarnation: custody.incarnation, isRestored: present?.reason === 'restored' };
    },
    gateways: async () => distinct(await listStores(paths, custody)),
    newId: randomUUID,
  });
}

/** The same for one that runs: what is due by itself is done, until it is closed. */
export function startRights(
  options: Omit<OpenRightsOptions, 'settleMs' | 'mirrored'> & {
    settleSeconds: number;
    mirrorSeconds: number;
  },
): Rights {
  const mirrors = new FeedMirrors({
    headOf: (chain) => chainHead(options.keeper, chain),
    waitMs: options.mirrorSeconds * MS_PER_SECOND,
    schedule: systemSchedule,
  });
  const settleMs = options.settleSeconds * MS_PER_SECOND;
  const mirrored = (chain: string): Promise<void> => mirrors.confirm(chain);
  const desk = openRights({ ...options, settleMs, mirrored });
  const reports = new GatewayReports();
  const due = async (): Promise<void> => {
    for (const gateway of reports.complete()) await desk.reported(gateway);
    await desk.tick();
  };
  return { desk, reports, mirrors, close: repeat(due, options.log) };
}

export type Rights = {
  desk: RightsDesk;
  reports: GatewayReports;
  mirrors: FeedMirrors;
  close: () => Promise<void>;
};

function chainHead(keeper: FeedKeeper, chain: string): Holding | undefined {
  return keeper.feeds().find(({ place }) => place.chain === chain && place.store === undefined)
    ?.row;
}

/** Again and again, each trouble said once; gives the way to end it. */
function repeat(due: () => Promise<void>, log: OpenRightsOptions['log']): () => Promise<void> {
  let isClosed = false;
  let isTroubled = false;
  let cancel = (): void => undefined;
  let running: Promise<void> = Promise.resolve();
  const once = async (): Promise<void> => {
    try {
      await due();
      isTroubled = false;
    } catch (error) {
      // The tables may be on their way: it is tried again, and only answers wait.
      if (!isTroubled) log.warn({ err: error }, 'what is due about rights has to wait');
      isTroubled = true;
    }
    later();
  };
  const later = (): void => {
    if (!isClosed) cancel = systemSchedule(() => void (running = once()), TICK_MS);
  };
  later();
  return async () => {
    isClosed = true;
    cancel();
    await running;
  };
}

function membersOf(chain: string, event: OwnRightEvent): Record<string, Json> {
  return { chain, ...(event as Record<string, Json>) };
}

function distinct(stores: readonly GatewayName[]): GatewayName[] {
  const known = new Map<string, GatewayName>();
  for (const { chain, store, gateway } of stores) {
    known.set(`${chain}/${store}/${gateway}`, { chain, store, gateway });
  }
  return [...known.values()];
}
