/** The inner half of the gateway: the ledger, the epochs of its log, and the uplink that signs it. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayConfig } from '../config/gateway-schema.ts';
import type { GatewayPaths } from '../config/paths.ts';
import { Alarms } from '../platform/alarms.ts';
import type { Log } from '../platform/logging.ts';
import { systemSchedule } from '../platform/schedule.ts';
import type { Teardown } from '../platform/teardown.ts';
import type { Clock } from '../protocol/clock.ts';
import { parseEnrolment } from '../protocol/replication/enrolment.ts';
import type { Enrolment } from '../protocol/replication/enrolment.ts';
import { openFeeds } from './feeds/feeds-keeping.ts';
import type { FeedListeners } from './feeds/feeds-keeping.ts';
import type { FeedsClient } from './feeds/feeds-client.ts';
import { AnchorWriter } from './anchors/anchor-writer.ts';
import { checkSameGateway, firstOrigin } from './control/gateway-identity.ts';
import { CarryList } from './epochs/carry-list.ts';
import { ensureEpoch } from './epochs/ensure-epoch.ts';
import { EpochKeeper } from './epochs/epoch-keeper.ts';
import type { EpochKeeperOptions } from './epochs/epoch-keeper.ts';
import { epochText } from './epochs/next-opening.ts';
import { tellOfSecondCopy } from './epochs/second-copy.ts';
import { TwinBook } from './epochs/twin-book.ts';
import { ledgerIn } from './ledger/ledger-access.ts';
import { startLedger } from './ledger/ledger-client.ts';
import type { LedgerClient } from './ledger/ledger-client.ts';
import { openLedgerReader } from './ledger/reader.ts';
import type { LedgerReader } from './ledger/reader.ts';
import { UplinkClient } from './uplink/uplink-client.ts';

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
  /** What is left to do about earlier epochs. */
  list: CarryList;
  alarms: Alarms;
  feeds: FeedsClient;
  /** Who hears of the feeds; set by those who know what to do about it. */
  feedListeners: FeedListeners;
}

export async function startLogKeeping(
  shared: SharedParts & { config: GatewayConfig },
): Promise<LogKeeping> {
  const { paths, clock, log, teardown, privateKey, failed, config } = shared;
  const { dataDir, hqHeadFile } = paths;
  const signedHeadFile = config.ledger.signedHeadFile ?? paths.signedHeadFile;
  const files = { dataDir, hqHeadFile, signedHeadFile };
  const alarms = new Alarms({
    ...{ path: paths.alarmsFile, clock },
    onTrouble: (message) => log.warn(message),
  });
  teardown.add('alarms', () => alarms.flush());
  const onEpoch = (opened: { origin: string; reason: string; prevOrigin: string }): void => {
    const message = epochText(opened);
    log.error(opened, message);
    alarms.raise('LOG_EPOCH_OPENED', message);
  };
  const list = new CarryList(dataDir);
  const epoch = ensureEpoch({
    ...{ ledger: ledgerIn(dataDir), list, hqHeadFile, signedHeadFile },
    ...{ firstOrigin: firstOrigin(config), privateKey, clock },
    ...{ randomBytes, bootId: randomUUID() },
  });
  for (const problem of epoch.problems) log.warn(problem);
  checkSameGateway(config, epoch.origin);
  if (epoch.opened !== undefined) onEpoch(epoch.opened);

  const { walBytesMax, queueItems: queueItemsMax } = config.ledger;
  const limits = { walBytesMax, queueItemsMax };
  const { origin } = epoch;
  const ledger = await startLedger({ dataDir, origin, clock, ...limits, onFatal: failed });
  teardown.add('ledger', () => ledger.close());
  const reader = openLedgerReader(dataDir);
  teardown.add('reader', () => reader.close());
  const epochs = startEpochs({ ...shared, ledger, list, onEpoch, alarms });
  const anchors = new AnchorWriter({ ledger, reader, clock });
  const { feeds, listeners: feedListeners } = openFeeds({ ...shared, alarms });
  const uplink = startUplink({ ...shared, files, ledger, epochs, anchors, alarms, feeds });
  return { ledger, reader, uplink, epochs, list, alarms, feeds, feedListeners };
}

/** How long a log that headquarters contradicts waits, when too many did before it. */
const CROWDED_RETRY_MS = 3_600_000;

function startEpochs(
  parts: SharedParts & Pick<EpochKeeperOptions, 'ledger' | 'list' | 'onEpoch'> & { alarms: Alarms },
): EpochKeeper {
  const { paths, clock, log, teardown, privateKey, failed, ledger, list, onEpoch } = parts;
  const { dataDir, hqHeadFile } = paths;
  const openReader = (): LedgerReader => openLedgerReader(dataDir);
  const stopping = new AbortController();
  const epochs: EpochKeeper = new EpochKeeper({
    ...{ ledger, list, openReader, privateKey, clock, hqHeadFile, onEpoch },
    ...{ schedule: systemSchedule, randomBytes },
    signal: stopping.signal,
    onCrowded: (event) => {
      const message = `Headquarters has contradicted ${event.origin} and logs before it within the hour.`;
      parts.alarms.raise('LOG_EPOCHS_CROWDED', message);
      // Sales go on in the log as it is; only headquarters waits.
      setTimeout(() => {
        epochs.uplinkEvent(event).catch(failed);
      }, CROWDED_RETRY_MS).unref();
    },
    onCarried: (sales) => log.info({ sales }, 'sales of an earlier epoch were written again'),
  });
  epochs.resume().catch(failed);
  teardown.add('epochs', () => {
    stopping.abort();
    return epochs.settled();
  });
  return epochs;
}

interface UplinkParts extends SharedParts {
  config: GatewayConfig;
  files: { dataDir: string; hqHeadFile: string; signedHeadFile: string };
  ledger: LedgerClient;
  epochs: EpochKeeper;
  anchors: AnchorWriter;
  alarms: Alarms;
  feeds: FeedsClient;
}

function startUplink(parts: UplinkParts): UplinkClient {
  const { paths, log, teardown, failed, config, files, ledger, epochs, anchors, alarms } = parts;
  const enrolment = parts.config.uplink.enabled ? readEnrolment(paths.enrolmentFile) : undefined;
  const { maxBytesPerSecond, maxEntriesPerSecond } = config.uplink;
  const twins = new TwinBook(join(files.dataDir, 'twins.json'));
  const fetch = (origin: string): void => {
    epochs.fetch(origin).catch(failed);
  };
  const uplink = new UplinkClient({
    ...files,
    logKeyFile: paths.logKeyFile,
    ...{ enrolment, feedsPort: parts.feeds.uplinkPort },
    limits: { maxBytesPerSecond, maxEntriesPerSecond },
    tip: ledger.tip,
    onEvent: (event) => {
      if (event.type === 'acknowledged') {
        anchors.acknowledged(event).catch(failed);
        return;
      }
      if (tellOfSecondCopy(event, { twins, alarms, fetch })) return;
      if (event.type === 'problem') log.warn(event.message);
      else log.warn(event, 'headquarters and this log differ');
      epochs.uplinkEvent(event).catch(failed);
    },
    onFatal: failed,
  });
  ledger.onCommit((tip) => uplink.committed(tip));
  if (enrolment !== undefined) parts.feeds.start();
  teardown.add('uplink', () => uplink.close());
  return uplink;
}

function readEnrolment(file: string): Enrolment | undefined {
  return existsSync(file) ? parseEnrolment(readFileSync(file, 'utf8')) : undefined;
}
