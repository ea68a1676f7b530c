/**
 * What watches over a running headquarters: the alarms that stay until somebody clears them, the
 * keeper that notices a restore, and whether commits make progress.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { HqConfig } from '../config/hq-schema.ts';
import type { HqPaths } from '../config/paths.ts';
import { Alarms } from '../platform/alarms.ts';
import type { AlarmBook } from '../platform/alarms.ts';
import type { Log } from '../platform/logging.ts';
import type { Clock } from '../protocol/clock.ts';
import type { Custody } from './custody/custody.ts';
import type { HqKeys } from './keys/hq-keys.ts';
import { OwnLog } from './own-log/own-log.ts';
import type { ProjectionState } from './projection/projection-call.ts';
import type { QuarantineDesk } from './quarantine/quarantine-desk.ts';
import { RestoreKeeper } from './restore/restore-keeper.ts';

export type OversightOptions = {
  paths: HqPaths;
  config: HqConfig;
  keys: HqKeys;
  custody: Custody;
  clock: Clock;
  log: Log;
};

export type Oversight = {
  alarms: Alarms;
  restore: RestoreKeeper;
  /** Custody holds `size` entries of `origin` now. */
  kept: (origin: string, size: number) => void;
  /** The log of `origin` has two histories, both signed by its key; or goes on beside `later`. */
  forked: (origin: string, later?: string) => void;
  ownLog: OwnLog;
  onOwnEntry: (listener: () => void) => void;
  /** Hears when headquarters has found itself restored, and a new life has begun. */
  onLife: (listener: () => void) => void;
  /** Something that custody keeps cannot be read any more. */
  damaged: (message: string) => void;
  /** Keeps the alarms of what the projection meets; gives the way to end that. */
  watchProjection: (desk: QuarantineDesk, state: () => Promise<ProjectionState>) => () => void;
};

const DAMAGE_ADVICE =
  'Everything else goes on. Run `tillgate hq log verify`, which names all of it, and see "Custody is ' +
  'damaged" in docs/operations.md.';

/** People look at alarms, not at seconds; and a question costs the tables little. */
const QUARANTINE_LOOK_MS = 15_000;

export async function openOversight(options: OversightOptions): Promise<Oversight> {
  const { paths, config, keys, custody, clock, log } = options;
  const alarms = new Alarms({
    path: paths.alarmsFile,
    clock,
    onTrouble: (message) => log.warn(message),
  });
  for (const { code, message, since } of alarms.list()) log.warn({ code, since }, message);
  let listener = (): void => undefined;
  const own = { domain: config.domain, keys, custody, clock, bootId: randomUUID() };
  const ownLog = new OwnLog({ ...own, onKept: () => listener() });
  const loud = loudly(alarms, log);
  const lifeListeners: (() => void)[] = [];
  const restore = await RestoreKeeper.open({
    custody,
    durableVkey: keys.durable.vkey,
    feedVkeyOf: (origin) => keys.logSigner(origin).vkey,
    clock,
    alarms: loud,
    file: paths.restoreFile,
    newIncarnation: () => randomBytes(16).toString('hex'),
    log,
    onLife: ({ incarnation, previous }, gap) => {
      for (const heard of lifeListeners) heard();
      const members = { event: 'incarnationBegan', incarnation, previous, ...gap };
      ownLog.record({ kind: 'audit', members }).catch((error: unknown) => {
        log.error({ err: error }, 'the new incarnation could not be written down');
      });
    },
  });
  const kept = (origin: string, size: number): void => {
    restore.advanced(origin, size).catch((error: unknown) => {
      log.error({ err: error, origin }, 'whether a restored log is whole could not be told');
    });
  };
  const onOwnEntry = (heard: () => void): void => void (listener = heard);
  const damaged = damageTeller(loud);
  const watchProjection: Oversight['watchProjection'] = (desk, state) =>
    watch({ desk, state, damaged, alarms: loud, log });
  const forked = forkTeller(loud);
  const onLife = (heard: () => void): void => void lifeListeners.push(heard);
  return { alarms, restore, kept, forked, damaged, ownLog, onOwnEntry, onLife, watchProjection };
}

function damageTeller(alarms: AlarmBook): Oversight['damaged'] {
  return (message) => void alarms.raise('HQ_CUSTODY_DAMAGED', `${message} ${DAMAGE_ADVICE}`);
}

function forkTeller(alarms: AlarmBook): Oversight['forked'] {
  return (origin, later) => void alarms.raise('LOG_FORKED', forkMessage(origin, later));
}

function forkMessage(origin: string, later: string | undefined): string {
  const what =
    later === undefined ? 'has two signed histories' : `goes on beside ${later}, which follows it`;
  return (
    `The log ${origin} ${what}: its gateway has, or had, a second copy. Both heads are kept and ` +
    'each sale counts once. Let the store find the other copy and switch it off.'
  );
}

function watch(options: {
  desk: QuarantineDesk;
  state: () => Promise<ProjectionState>;
  damaged: Oversight['damaged'];
  alarms: AlarmBook;
  log: Log;
}): () => void {
  const { desk, state, damaged, alarms, log } = options;
  const look = async (): Promise<void> => {
    const { code, problem } = await state();
    if (code === 'HQ_CUSTODY_DAMAGED' && problem !== null) damaged(problem);
    const { open } = await desk.list();
    if (open > 0) alarms.raise('HQ_QUARANTINE', QUARANTINE_MESSAGE);
    else alarms.clear('HQ_QUARANTINE');
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => log.debug({ err: error }, 'the quarantine could not be read'));
  }, QUARANTINE_LOOK_MS);
  return () => clearInterval(timer);
}

const QUARANTINE_MESSAGE =
  'Entries are in quarantine, and no report counts them: `tillgate quarantine list` names them.';

/** Every new alarm is a line of the log too. */
function loudly(alarms: Alarms, log: Log): AlarmBook {
  return {
    raise: (code, message) => {
      const isNew = alarms.raise(code, message);
      if (isNew) log.error({ code }, message);
      return isNew;
    },
    clear: (codeOrId) => alarms.clear(codeOrId),
    list: () => alarms.list(),
  };
}
