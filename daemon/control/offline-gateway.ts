/**
 * The verbs of a gateway whose daemon is down, run in this process under the home's lock, so that a
 * daemon that starts meanwhile waits, or this does. The ledger is opened by the first verb that
 * needs it: a damaged one must not keep anybody from looking at alarms and devices.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { loadConfig } from '../../config/loader.ts';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import { Alarms } from '../../platform/alarms.ts';
import { acquireHomeLock } from '../../platform/durable/home-lock.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { CarryList } from '../epochs/carry-list.ts';
import { ensureEpoch } from '../epochs/ensure-epoch.ts';
import { epochText } from '../epochs/next-opening.ts';
import { ledgerIn } from '../ledger/ledger-access.ts';
import { openLedgerInProcess } from '../ledger/ledger-client.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { HeadSigner } from '../signing/head-signer.ts';
import { PeripheralRegistry } from '../peripherals/peripheral-registry.ts';
import { DeviceRegistry } from './device-registry.ts';
import { checkSameGateway, firstOrigin, verifierKeyOf } from './gateway-identity.ts';
import { gatewayVerbs } from './gateway-verbs.ts';
import { OfflineParts } from './offline-parts.ts';
import { offlineStatus } from './offline-status.ts';
import type { Call, Verb, Verbs } from './verbs.ts';

export interface OfflineGateway {
  call: Call;
  close(): Promise<void>;
}

/** Throws `HOME_LOCKED`, the errors of the configuration, or those of the key file. */
export async function openOfflineGateway(
  paths: GatewayPaths,
  clock: Clock,
): Promise<OfflineGateway> {
  const config = loadConfig(GATEWAY_CONFIG, paths.configFile);
  const privateKey = readEd25519KeyFile(paths.logKeyFile);
  const lock = acquireHomeLock(paths.lockFile);
  try {
    const alarms = new Alarms({ path: paths.alarmsFile, clock, onTrouble: failToWrite });
    let opened: LedgerClient | undefined;
    const ledger = (): LedgerClient =>
      (opened ??= openLedger({ paths, clock, config, privateKey, alarms }));
    const parts = new OfflineParts({ paths, clock, config, ledger });
    const table = gatewayVerbs({
      ...{ paths, clock, alarms },
      ledger: { append: async (command) => ledger().append(command) },
      registry: await DeviceRegistry.open(paths.registryFile),
      peripherals: { registry: await PeripheralRegistry.open(paths.peripheralsFile) },
      config: () => config,
      reading: (read) => reading(paths.dataDir, read),
      ...{ configuration: parts, prices: parts },
      identity: () => {
        const { origin } = ledger().tip;
        return { origin, verifierKey: verifierKeyOf(origin, privateKey) };
      },
      list: () => listAfter(ledger, paths.dataDir),
      status: () => offlineStatus(paths, config),
      signHead: () => signHead({ paths, config, privateKey }, ledger().tip.origin),
    });
    return {
      call: async <V extends Verb>(verb: V, params: Verbs[V]['params']) => table[verb](params),
      close: () => closeAll({ alarms, lock, parts, ledger: opened }),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Where the log went back, opening it begins the epoch that follows, and fills the list. */
function listAfter(open: () => LedgerClient, dataDir: string): CarryList {
  open();
  return new CarryList(dataDir);
}

function reading<T>(dataDir: string, read: (ledger: LedgerReader) => T): T {
  const reader = openLedgerReader(dataDir);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

async function closeAll(opened: {
  alarms: Alarms;
  lock: { release(): void };
  parts: OfflineParts;
  ledger: LedgerClient | undefined;
}): Promise<void> {
  opened.alarms.flush();
  opened.parts.close();
  await opened.ledger?.close();
  opened.lock.release();
}

/** A command that changes alarms for this moment only has not done what it was asked. */
function failToWrite(message: string): never {
  throw new TillgateError('FILE_UNWRITABLE', message);
}

interface LogParts {
  paths: GatewayPaths;
  config: GatewayConfig;
  privateKey: KeyObject;
}

const signedHeadFileOf = ({ config, paths }: LogParts): string =>
  config.ledger.signedHeadFile ?? paths.signedHeadFile;

function openLedger(parts: LogParts & { clock: Clock; alarms: Alarms }): LedgerClient {
  const { paths, config, privateKey, clock, alarms } = parts;
  const { dataDir, hqHeadFile } = paths;
  // A log that was rolled back is not extended here either.
  const epoch = ensureEpoch({
    ...{ ledger: ledgerIn(dataDir), list: new CarryList(dataDir), hqHeadFile },
    ...{ signedHeadFile: signedHeadFileOf(parts), firstOrigin: firstOrigin(config) },
    ...{ privateKey, clock, randomBytes, bootId: randomUUID() },
  });
  checkSameGateway(config, epoch.origin);
  if (epoch.opened !== undefined) alarms.raise('LOG_EPOCH_OPENED', epochText(epoch.opened));
  return openLedgerInProcess({
    ...{ dataDir, origin: epoch.origin, clock },
    onFatal: (error) => {
      throw error;
    },
  });
}

function signHead(parts: LogParts, origin: string): Verbs['head.sign']['result'] {
  const log = openLedgerReader(parts.paths.dataDir);
  try {
    const { privateKey } = parts;
    const signer = createNoteSigner({ name: origin, type: KEY_TYPE_ED25519, privateKey });
    const signedHeadFile = signedHeadFileOf(parts);
    return { origin, ...new HeadSigner({ log, signer, signedHeadFile }).signTip() };
  } finally {
    log.close();
  }
}
