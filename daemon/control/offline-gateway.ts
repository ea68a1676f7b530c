/**
 * The verbs of a gateway whose daemon is down, run in this process under the home's lock, so that a
 * daemon that starts meanwhile waits, or this does.
 */
import type { KeyObject } from 'node:crypto';
import { loadConfig } from '../../config/loader.ts';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import { acquireHomeLock } from '../../platform/durable/home-lock.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import type { Clock } from '../../protocol/clock.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { ensureEpoch } from '../epochs/ensure-epoch.ts';
import { openLedgerInProcess } from '../ledger/ledger-client.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { HeadSigner } from '../signing/head-signer.ts';
import { DeviceRegistry } from './device-registry.ts';
import { checkSameGateway, firstOrigin, verifierKeyOf } from './gateway-identity.ts';
import { gatewayVerbs } from './gateway-verbs.ts';
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
    const ledger = openLedger({ paths, clock, config, privateKey });
    const { origin } = ledger.tip;
    const table = gatewayVerbs({
      ...{ paths, clock, ledger },
      registry: await DeviceRegistry.open(paths.registryFile),
      config: () => config,
      identity: () => ({ origin, verifierKey: verifierKeyOf(origin, privateKey) }),
      status: () => offlineStatus(paths, config),
      signHead: () => signHead({ paths, config, privateKey }),
    });
    return {
      call: async <V extends Verb>(verb: V, params: Verbs[V]['params']) => table[verb](params),
      close: async () => {
        await ledger.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface LogParts {
  paths: GatewayPaths;
  config: GatewayConfig;
  privateKey: KeyObject;
}

const signedHeadFileOf = ({ config, paths }: LogParts): string =>
  config.ledger.signedHeadFile ?? paths.signedHeadFile;

function openLedger(parts: LogParts & { clock: Clock }): LedgerClient {
  const { paths, config, privateKey, clock } = parts;
  const { dataDir, hqHeadFile } = paths;
  // A log that was rolled back is not extended here either.
  const epoch = ensureEpoch({
    ...{ dataDir, hqHeadFile, signedHeadFile: signedHeadFileOf(parts) },
    ...{ firstOrigin: firstOrigin(config), privateKey, clock },
  });
  checkSameGateway(config, epoch.origin);
  return openLedgerInProcess({
    ...{ dataDir, origin: epoch.origin, clock },
    onFatal: (error) => {
      throw error;
    },
  });
}

function signHead(parts: LogParts): Verbs['head.sign']['result'] {
  const log = openLedgerReader(parts.paths.dataDir);
  try {
    const { origin } = log;
    const { privateKey } = parts;
    const signer = createNoteSigner({ name: origin, type: KEY_TYPE_ED25519, privateKey });
    const signedHeadFile = signedHeadFileOf(parts);
    return { origin, ...new HeadSigner({ log, signer, signedHeadFile }).signTip() };
  } finally {
    log.close();
  }
}
