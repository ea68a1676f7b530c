/**
 * The running headquarters: only wiring. Custody opens first and closes last; the broker's door
 * opens when everything behind it is ready; the projection starts in its own thread, and nothing
 * that acknowledges entries waits for it. When custody fails the process ends: what is durable is
 * then known only by reading it again.
 */
import { randomBytes } from 'node:crypto';
import { hqPaths } from '../config/paths.ts';
import { serveControl } from '../platform/control/control-server.ts';
import { acquireHomeLock } from '../platform/durable/home-lock.ts';
import { createLog } from '../platform/logging.ts';
import type { Log } from '../platform/logging.ts';
import { ProcessLife } from '../platform/process-life.ts';
import { ServiceManager } from '../platform/service-manager.ts';
import { Teardown } from '../platform/teardown.ts';
import type { Clock } from '../protocol/clock.ts';
import { openApi } from './api/open-api.ts';
import { CommitWatch } from './commit-watch.ts';
import { removeAddresses, writeAddresses } from './control/hq-addresses.ts';
import { runHqVerb } from './control/hq-verbs.ts';
import type { HqAddresses } from './control/hq-addresses.ts';
import { loadHqConfig } from './control/hq-settings.ts';
import type { HqOverrides } from './control/hq-settings.ts';
import { openConflicts } from './conflicts/open-conflicts.ts';
import type { Conflicts } from './conflicts/open-conflicts.ts';
import type { Custody } from './custody/custody.ts';
import { DamageWatch } from './custody/damage-watch.ts';
import { custodySources, openCustody } from './custody/open-custody.ts';
import { openFeeds, startDistribution } from './feeds/open-feeds.ts';
import type { Feeds } from './feeds/open-feeds.ts';
import { startReceiving } from './ingest/receiving.ts';
import type { Receiving } from './ingest/receiving.ts';
import { readHqKeys } from './keys/hq-keys.ts';
import type { HqKeys } from './keys/hq-keys.ts';
import { openOversight } from './oversight.ts';
import type { Oversight } from './oversight.ts';
import { QuarantineDesk } from './quarantine/quarantine-desk.ts';
import type { QuarantineDeskOptions } from './quarantine/quarantine-desk.ts';
import type { Rights } from './rights/open-rights.ts';
import { startRights } from './rights/open-rights.ts';
import { ProjectionClient } from './projection/projection-client.ts';

export interface HqRunOptions {
  /** As given with --home. */
  home: string | undefined;
  overrides: HqOverrides;
  clock: Clock;
  /** Aborts when headquarters has to stop. */
  signal: AbortSignal;
  /** Readable log lines, for a terminal. */
  pretty: boolean;
  /** Where systemd says how it wants to be told. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Called once everything listens. */
  onReady?: (addresses: HqAddresses) => void;
}

/** Runs until `signal` aborts. Rejects with what kept it from starting or from going on. */
export async function runHq(options: HqRunOptions): Promise<void> {
  const paths = hqPaths(options.home);
  const config = loadHqConfig(paths, options.overrides);
  const log = createLog({ level: config.log.level, name: 'hq', pretty: options.pretty });
  const life = new ProcessLife(options.signal);
  const teardown = new Teardown(log);
  try {
    await start(options, { paths, config, log, life, teardown });
    await life.untilEnd();
    log.info('stopping');
  } catch (error) {
    log.fatal({ err: error }, 'a part failed for good');
    await teardown.run();
    throw error;
  }
  await teardown.run();
  log.info('stopped');
}

interface Surroundings {
  paths: ReturnType<typeof hqPaths>;
  config: ReturnType<typeof loadHqConfig>;
  log: Log;
  life: ProcessLife;
  teardown: Teardown;
}

async function start(options: HqRunOptions, surroundings: Surroundings): Promise<void> {
  const { paths, config, log, life, teardown } = surroundings;
  const { clock } = options;
  const keys = readHqKeys(paths, config.domain);
  holdHome(surroundings);
  const sources = custodySources(paths, config);
  const watch = new DamageWatch(await openCustody(sources, life.failed));
  const { custody } = watch;
  teardown.add('custody', () => custody.close());
  const oversight = await openOversight({ paths, config, keys, custody, clock, log });
  watch.onDamage(oversight.damaged);
  teardown.add('alarms', () => oversight.alarms.flush());
  const projection = new ProjectionClient(sources, log);
  teardown.add('projection', () => projection.close());
  const feeds = await openFeeds({
    ...{ paths, config, keys, custody, clock, log, projection },
    gaps: () => oversight.restore.gaps(),
  });
  teardown.add('feeds', () => feeds.keeper.close());
  const conflicts = keepConflicts(surroundings, { custody, projection, oversight, feeds });
  const rights = startRights({
    ...{ paths, custody, keeper: feeds.keeper, ownLog: oversight.ownLog, clock, log },
    ask: (call) => projection.ask(call),
    ...config.rights,
  });
  teardown.add('rights', () => rights.close());
  const parts = { custody, projection, oversight, conflicts, rights };
  const receiving = await receive(surroundings, { ...parts, keys, clock, feeds });
  teardown.add('receiving', () => receiving.close());
  const api = await openApi({ paths, config, clock, log, keys, feeds, receiving, ...parts });
  teardown.add('api', () => api.close());
  await openControl(surroundings, { ...parts, feeds });
  const { incarnation } = custody;
  sayOpen(options, surroundings, { mqtt: receiving.address, http: api.address, incarnation });
  await tellServiceManager(options, surroundings, receiving);
}

function keepConflicts(
  { log, teardown }: Surroundings,
  parts: { custody: Custody; projection: ProjectionClient; oversight: Oversight; feeds: Feeds },
): Conflicts {
  const { custody, projection, feeds } = parts;
  const { ownLog, alarms } = parts.oversight;
  const made = { custody, projection, ownLog, alarms, log, feeds: feeds.keeper };
  const conflicts = openConflicts(made);
  teardown.add('conflicts', () => conflicts.keeper.close());
  return conflicts;
}

/** The broker, what comes in on it, and the feeds that go out. */
function receive(
  { paths, config, log }: Surroundings,
  parts: {
    keys: HqKeys;
    custody: Custody;
    clock: Clock;
    projection: ProjectionClient;
    oversight: Oversight;
    rights: Rights;
    feeds: Feeds;
    conflicts: Conflicts;
  },
): Promise<Receiving> {
  const { keys, custody, clock, projection, oversight, rights, feeds, conflicts } = parts;
  return startReceiving({
    ...{ config, keys, custody, clock, log },
    ownPassword: randomBytes(32).toString('base64url'),
    clientSuffix: randomBytes(4).toString('hex'),
    onKept: (origin, size) => {
      projection.poke();
      conflicts.keeper.poke();
      oversight.kept(origin, size);
      rights.reports.kept(origin, size);
    },
    onRegressed: (message) => oversight.restore.consider(message),
    onForked: oversight.forked,
    onShown: (origin, size, held) => rights.reports.shown(origin, size, held),
    distribute: async (send) => {
      const service = await startDistribution({
        ...{ paths, keeper: feeds.keeper, custody, keys, clock, log, send },
        ...{ restore: oversight.restore, onLife: oversight.onLife },
      });
      rights.mirrors.follow(() => service.distribution.holdings());
      rights.reports.alsoNeeds(({ chain, store, gateway }) =>
        service.recovery.isReported(chain, store, gateway),
      );
      return service;
    },
  });
}

function holdHome({ paths, teardown }: Surroundings): void {
  const lock = acquireHomeLock(paths.lockFile);
  teardown.add('lock', () => lock.release());
}

/** Also for commands on this machine, for as long as it is open. */
function sayOpen(
  { onReady }: HqRunOptions,
  { paths, log, teardown }: Surroundings,
  { incarnation, ...addresses }: HqAddresses & { incarnation: string },
): void {
  writeAddresses(paths, addresses);
  teardown.add('addresses', () => removeAddresses(paths));
  log.info({ ...addresses, incarnation }, 'headquarters is open');
  onReady?.(addresses);
}

/** What people do about the quarantine, conflicts and alarms. */
async function openControl(
  { paths, log, teardown }: Surroundings,
  parts: {
    custody: Custody;
    projection: ProjectionClient;
    oversight: Oversight;
    feeds: Feeds;
    conflicts: Conflicts;
    rights: Rights;
  },
): Promise<void> {
  const { custody, projection, oversight, feeds, conflicts, rights } = parts;
  const { ownLog, alarms } = oversight;
  oversight.onOwnEntry(() => {
    projection.poke();
    conflicts.keeper.poke();
  });
  const ask: QuarantineDeskOptions['ask'] = (call) => projection.ask(call);
  const desk = new QuarantineDesk({ custody, ownLog, ask });
  teardown.add(
    'quarantine',
    oversight.watchProjection(desk, () => ask({ call: 'state' })),
  );
  const decided = { conflicts: conflicts.desk, rights: rights.desk };
  const verbs = { desk, alarms, feeds, ...decided };
  const control = await serveControl({
    path: paths.controlSocket,
    log,
    run: (verb, params) => runHqVerb(verbs, verb, params),
  });
  teardown.add('control', () => control.close());
}

/** A part that fails for good ends the process by itself; the beat says that commits end. */
async function tellServiceManager(
  { clock, environment }: HqRunOptions,
  { config, log, teardown }: Surroundings,
  { ingest }: Receiving,
): Promise<void> {
  const watch = new CommitWatch(
    () => ingest.work,
    () => clock.monotonicMs(),
  );
  const serviceManager = new ServiceManager({
    environment,
    isAlive: () => watch.isAlive(),
    onTrouble: (what, error) => log.warn({ err: error }, what),
  });
  teardown.add('systemd', () => serviceManager.stopping());
  await serviceManager.ready(`headquarters of ${config.domain}`);
}
