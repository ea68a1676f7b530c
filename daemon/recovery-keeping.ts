/** Brings lost entries back while the gateway runs: wiring of the recovery with what it touches. */
import { systemSchedule } from '../platform/schedule.ts';
import { isTillgateError } from '../protocol/errors.ts';
import { DeviceRecovery } from './control/device-recovery.ts';
import type { Doors } from './doors.ts';
import { forkText } from './epochs/next-opening.ts';
import { Recovery } from './epochs/recovery.ts';
import { openLedgerReader } from './ledger/reader.ts';
import type { LogKeeping, SharedParts } from './log-keeping.ts';

export function startRecovery(parts: SharedParts & LogKeeping & Doors): Recovery {
  const { paths, log, teardown, failed, ledger, uplink, epochs, alarms, list, registry } = parts;
  const devices = new DeviceRecovery({
    ...{ registry, ledger, alarms },
    onRevoked: (deviceId) => parts.broker.disconnectDevice(deviceId),
  });
  const stopping = new AbortController();
  const recovery = new Recovery({
    ...{ ledger, list, schedule: systemSchedule, signal: stopping.signal },
    openReader: () => openLedgerReader(paths.dataDir),
    fetch: (request, signal) => uplink.fetch(request, signal),
    onEntries: (origin, start, leaves) => devices.take(origin, start, leaves),
    onFork: (origin, fork) => {
      alarms.raise('LOG_FORKED', forkText(origin, `from entry ${fork} on`));
      return epochs.forkedAt(origin, fork);
    },
    onContradiction: (origin) => {
      alarms.raise('LOG_FORKED', `Headquarters holds a third history of ${origin}.`);
    },
    onDone: (report) => {
      log.info(report, 'what headquarters holds of an earlier log is here again');
      if (report.returned > 0) uplink.returned(report.origin);
    },
  });
  const run = (): void => {
    recovery.run().catch((error: unknown) => {
      if (isTillgateError(error, 'LEDGER_IO')) failed(error);
      else tellStopped(error, { log, alarms });
    });
  };
  onNewEpoch(ledger, run);
  run();
  teardown.add('recovery', () => {
    stopping.abort();
    return recovery.settled();
  });
  return recovery;
}

function onNewEpoch(ledger: LogKeeping['ledger'], told: () => void): void {
  let { epoch } = ledger.tip;
  ledger.onCommit((tip) => {
    if (tip.epoch === epoch) return;
    epoch = tip.epoch;
    told();
  });
}

/** A mistake of ours in bringing entries back is no reason to stop the sales. */
function tellStopped(
  error: unknown,
  { log, alarms }: Pick<SharedParts, 'log'> & Pick<LogKeeping, 'alarms'>,
): void {
  const reason = error instanceof Error ? error.message : String(error);
  log.error({ err: error }, 'an earlier log could not be brought back');
  alarms.raise('LOG_RECOVERY_STOPPED', `An earlier log could not be brought back: ${reason}`);
}
