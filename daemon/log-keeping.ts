/** The inner half of the gateway: the ledger, the epochs of its log, and the uplink that signs it. */
import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { GatewayConfig } from '../config/gateway-schema.ts';
import type { GatewayPaths } from '../config/paths.ts';
import type { Log } from '../platform/logging.ts';
import type { Teardown } from '../platform/teardown.ts';
import type { Clock } from '../protocol/clock.ts';
import { parseEnrolment } from '../protocol/replication/enrolment.ts';
import type { Enrolment } from '../protocol/replication/enrolment.ts';
import { checkSameGateway, firstOrigin } from './control/gateway-identity.ts';
import { ensureEpoch } from './epochs/ensure-epoch.ts';
import { EpochKeeper } from './epochs/epoch-keeper.ts';
import { startLedger } from './ledger/ledger-client.ts';
import type { LedgerClient } from './ledger/ledger-client.ts';
import { openLedgerReader } from './ledger/reader.ts';
import type { LedgerReader } from './ledger/reader.ts';
import { Alarms } from './observability/alarms.ts';
import { UplinkClient } from './uplink/uplink-client.ts';
import type { UplinkEvent } from './uplink/uplink-status.ts';

export interface SharedParts {
  paths: GatewayPaths;
  clock: Clock;
  log: Log;
  teardown: Teardown;
  privateKey: KeyObject;
  /** Ends the process: this part failed for good. */
  failed: (error: unknown) => void;
}

export interface LogKeeping {
  ledger: LedgerClient;
  /** For reading on this thread; any epoch. */
  reader: LedgerReader;
  uplink: UplinkClient;
  epochs: EpochKeeper;
  alarms: Alarms;
}

export async function startLogKeeping(
  shared: SharedParts & { config: GatewayConfig },
): Promise<LogKeeping> {
  const { paths, clock, log, teardown, privateKey, failed, config } = shared;
  const { dataDir, hqHeadFile, logKeyFile } = paths;
  const signedHeadFile = config.ledger.signedHeadFile ?? paths.signedHeadFile;
  const files = { dataDir, hqHeadFile, signedHeadFile };
  const alarms = new Alarms(clock);
  const epoch = ensureEpoch({ ...files, firstOrigin: firstOrigin(config), privateKey, clock });
  for (const problem of epoch.problems) log.warn(problem);
  checkSameGateway(config, epoch.origin);

  const { walBytesMax, queueItems: queueItemsMax } = config.ledger;
  const { origin } = epoch;
  const onFatal = failed;
  const ledger = await startLedger({ dataDir, origin, clock, walBytesMax, queueItemsMax, onFatal });
  teardown.add('ledger', () => ledger.close());
  const reader = openLedgerReader(dataDir);
  teardown.add('reader', () => reader.close());

  const epochOpened = (opened: { origin: string; reason: string; prevOrigin: string }): void => {
    const message = `the log ${opened.prevOrigin} cannot go on (${opened.reason}); ${opened.origin} follows it`;
    log.error(opened, message);
    alarms.raise('LOG_EPOCH_OPENED', message);
  };
  if (epoch.opened !== undefined) epochOpened(epoch.opened);
  const openReader = (): LedgerReader => openLedgerReader(dataDir);
  const epochs = new EpochKeeper({ ledger, openReader, privateKey, clock, onEpoch: epochOpened });

  const onEvent = (event: UplinkEvent): void => {
    if (event.type === 'problem') log.warn(event.message);
    else log.warn(event, 'headquarters and this log differ');
    epochs.uplinkEvent(event).catch(failed);
  };
  const { maxBytesPerSecond, maxEntriesPerSecond, enabled } = config.uplink;
  const limits = { maxBytesPerSecond, maxEntriesPerSecond };
  const enrolment = enabled ? readEnrolment(paths.enrolmentFile) : undefined;
  const { tip } = ledger;
  const uplink = new UplinkClient({
    ...{ ...files, logKeyFile, enrolment, limits, tip, onEvent, onFatal: failed },
  });
  ledger.onCommit((committed) => uplink.committed(committed));
  teardown.add('uplink', () => uplink.close());
  return { ledger, reader, uplink, epochs, alarms };
}

function readEnrolment(file: string): Enrolment | undefined {
  return existsSync(file) ? parseEnrolment(readFileSync(file, 'utf8')) : undefined;
}
