/** What several checks judge, read once: each part as it was found, or why it could not be read. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { dirname } from 'node:path';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { readConfig, type ConfigReading } from '../../config/loader.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { isHomeLocked } from '../../platform/durable/home-lock.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import type { Clock } from '../../protocol/clock.ts';
import { parseEnrolment, type Enrolment } from '../../protocol/replication/enrolment.ts';
import { connectControl } from '../control/control-client.ts';
import type { GatewayStatus } from '../control/gateway-status.ts';
import { offlineStatus } from '../control/offline-status.ts';
import { DeviceRegistry } from '../control/device-registry.ts';
import { PeripheralRegistry } from '../peripherals/peripheral-registry.ts';
import { readStoredHead, type StoredHead } from '../signing/stored-head.ts';
import { accountOf, type Account, type AccountFiles } from './account.ts';
import { askProgram } from './ask-program.ts';
import { attempt, attemptLater, valueOf, type Attempt } from './attempt.ts';
import { readLog, type ReadLog } from './read-log.ts';
import { parseUnit, UNIT_PROPERTIES, type UnitFacts } from './unit-facts.ts';

export interface CheckupOptions {
  paths: GatewayPaths;
  /** The home is the one that the service uses. */
  isSystemHome: boolean;
  clock: Clock;
}

export interface Scene extends CheckupOptions {
  reading: Attempt<ConfigReading<GatewayConfig>>;
  /** Undefined while the configuration cannot be used. */
  config: GatewayConfig | undefined;
  /** What the daemon answered; undefined where none listens. */
  answer: Attempt<GatewayStatus | undefined>;
  /** The same; undefined while it is down or silent. */
  live: GatewayStatus | undefined;
  /** A process holds the home: the daemon, or a command that writes. */
  isLocked: boolean;
  /** By the daemon, or by the files. */
  status: GatewayStatus | undefined;
  key: Attempt<KeyObject>;
  enrolment: Attempt<Enrolment | undefined>;
  signedHeadFile: string;
  signedHead: Attempt<StoredHead | undefined>;
  hqHead: Attempt<StoredHead | undefined>;
  log: Attempt<ReadLog>;
  registry: Attempt<DeviceRegistry>;
  peripherals: Attempt<PeripheralRegistry>;
  unit: UnitFacts | undefined;
  accounts: AccountFiles;
  /** Who the gateway runs as. */
  account: Account | undefined;
}

/** A daemon that is well answers in milliseconds. */
const STATUS_MS_MAX = 2_500;
const UNIT_MS_MAX = 2_000;

export async function readScene(options: CheckupOptions): Promise<Scene> {
  const { paths, clock } = options;
  const reading = attempt(() => readConfig(GATEWAY_CONFIG, paths.configFile));
  const config = reading.ok && reading.value.ok ? reading.value.config : undefined;
  const [answer, unit] = await Promise.all([askDaemon(paths), askUnit(options)]);
  const live = valueOf(answer);
  const key = attempt(() => readEd25519KeyFile(paths.logKeyFile));
  const signedHeadFile = config?.ledger.signedHeadFile ?? paths.signedHeadFile;
  const signedHead = attempt(() => readStoredHead(signedHeadFile));
  const hqHead = attempt(() => readStoredHead(paths.hqHeadFile));
  const accounts = { passwd: textOf('/etc/passwd'), group: textOf('/etc/group') };
  return {
    ...options,
    ...{ reading, config, answer, live, key, unit, accounts },
    isLocked: isHomeLocked(paths.lockFile),
    status: live ?? (await statusOfFiles(paths, config)),
    enrolment: attempt(() => readEnrolment(paths.enrolmentFile)),
    ...{ signedHeadFile, signedHead, hqHead },
    log: attempt(() => readLog({ paths, config, privateKey: valueOf(key), clock })),
    registry: await attemptLater(() => DeviceRegistry.open(paths.registryFile)),
    peripherals: await attemptLater(() => PeripheralRegistry.open(paths.peripheralsFile)),
    account: serviceAccount(paths, unit, accounts),
  };
}

function askDaemon(paths: GatewayPaths): Promise<Attempt<GatewayStatus | undefined>> {
  return attemptLater(async () => {
    const client = await connectControl(paths.controlSocket, STATUS_MS_MAX);
    if (client === undefined) return undefined;
    try {
      return await client.call('status', {});
    } finally {
      client.close();
    }
  });
}

/** Of the service; another home is none of systemd's. */
async function askUnit({ isSystemHome }: CheckupOptions): Promise<UnitFacts | undefined> {
  if (!isSystemHome) return undefined;
  const words = ['show', 'tillgate.service', `--property=${UNIT_PROPERTIES.join(',')}`];
  const answer = await askProgram('systemctl', words, UNIT_MS_MAX);
  return answer === undefined ? undefined : parseUnit(answer.stdout);
}

async function statusOfFiles(
  paths: GatewayPaths,
  config: GatewayConfig | undefined,
): Promise<GatewayStatus | undefined> {
  if (config === undefined) return undefined;
  // What cannot be read is told by the checks that read it.
  return valueOf(await attemptLater(() => offlineStatus(paths, config)));
}

function readEnrolment(path: string): Enrolment | undefined {
  const bytes = readFileIfPresent(path);
  return bytes === undefined ? undefined : parseEnrolment(Buffer.from(bytes).toString('utf8'));
}

/** The unit says it; else it is whoever owns the key of the log, or the folder around it. */
function serviceAccount(
  paths: GatewayPaths,
  unit: UnitFacts | undefined,
  accounts: AccountFiles,
): Account | undefined {
  if (unit !== undefined && unit.user !== '') return accountOf(unit.user, accounts);
  const places = [paths.logKeyFile, paths.keysDir, dirname(paths.keysDir)];
  const place = places.find((path) => existsSync(path));
  return place === undefined ? undefined : accountOf(statSync(place).uid, accounts);
}

/** Empty where this machine has no such file. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
