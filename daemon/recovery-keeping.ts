/** Brings lost entries back while the gateway runs: wiring of the recovery with what it touches. */
import { systemSchedule } from '../platform/schedule.ts';
import { DeviceRecovery } from './control/device-recovery.ts';
import type { Doors } from './doors.ts';
import { forkText } from './epochs/next-opening.ts';
import { Recovery } from './epochs/recovery.ts';
import { SteadyRecovery } from './epochs/steady-recovery.ts';
import { openLedgerReader } from './ledger/reader.ts';
import type { LogKeeping, SharedParts } from './log-keeping.ts';

export function startRecovery(parts: SharedParts & LogKeeping & Doors): Recovery {
  const { paths, log, teardown, ledger, uplink, epochs, alarms, list, registry } = parts;
  const devices = new DeviceRecovery({
    ...{ registry, ledger, alarms },
    onRevoked: (deviceId) => parts.broker.disconnectDevice(deviceId),
  });
  const stopping = new AbortController();
  const told = new Set<string>();
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
      const message = `Headquarters holds another history of ${origin} than it sent back here.`;
      if (!told.has(origin)) alarms.raise('LOG_FORKED', message);
      told.add(origin);
      return epochs.forkedAt(origin, 0);
    },
    onDone: (report) => {
      log.info(report, 'what headquarters holds of an earlier log is here again');
      if (report.returned > 0) uplink.returned(report.origin);
    },
  });
  const { signal } = stopping;
  const steady = new SteadyRecovery({ ...parts, recovery, signal, schedule: systemSchedule });
  const run = (): void => steady.run();
  onNewEpoch(ledger, run);
  epochs.onDoubt(run);
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
