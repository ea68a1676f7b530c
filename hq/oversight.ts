/**
 * What watches over a running headquarters: the alarms that stay until somebody clears them, the
 * keeper that notices a restore, and whether commits make progress.
 */
import { randomBytes } from 'node:crypto';
import type { HqPaths } from '../config/paths.ts';
import { Alarms } from '../platform/alarms.ts';
import type { Log } from '../platform/logging.ts';
import type { Clock } from '../protocol/clock.ts';
import type { Custody } from './custody/custody.ts';
import type { HqKeys } from './keys/hq-keys.ts';
import { RestoreKeeper } from './restore/restore-keeper.ts';

export type OversightOptions = {
  paths: HqPaths;
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
  /** The log of `origin` has two histories, both signed by its key. */
  forked: (origin: string) => void;
};

export async function openOversight(options: OversightOptions): Promise<Oversight> {
  const { paths, keys, custody, clock, log } = options;
  const alarms = new Alarms({
    path: paths.alarmsFile,
    clock,
    onTrouble: (message) => log.warn(message),
  });
  for (const { code, message, since } of alarms.list()) log.warn({ code, since }, message);
  const restore = await RestoreKeeper.open({
    custody,
    durableVkey: keys.durable.vkey,
    clock,
    alarms: loudly(alarms, log),
    file: paths.restoreFile,
    newIncarnation: () => randomBytes(16).toString('hex'),
    log,
  });
  const kept = (origin: string, size: number): void => {
    restore.advanced(origin, size).catch((error: unknown) => {
      log.error({ err: error, origin }, 'whether a restored log is whole could not be told');
    });
  };
  const forked = (origin: string): void => {
    loudly(alarms, log).raise(
      'LOG_FORKED',
      `The log ${origin} has two signed histories: its gateway has, or had, a second copy. Both heads ` +
        'are kept and each sale counts once. Let the store find the other copy and switch it off.',
    );
  };
  return { alarms, restore, kept, forked };
}

/** Every new alarm is a line of the log too. */
function loudly(alarms: Alarms, log: Log): Pick<Alarms, 'raise' | 'clear' | 'list'> {
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
