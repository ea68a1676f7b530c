/**
 * `tillgate restore`: a gateway from its backup. It never forks the log: whatever the machine that
 * made the backup did since, and whether it still runs, the restored ledger is extended only under a
 * new epoch, which is opened before the files get their place.
 *
 * Everything is checked and prepared under names that end in `.restoring` and then renamed into
 * place, the configuration last, because that is what makes a home one: a crash on the way leaves a
 * home that does not start, and the same command again finishes it. What stood there before is kept
 * under a dated name.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import { loadConfig } from '../../config/loader.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import { makeDirectoryDurably, syncDirectorySync } from '../../platform/durable/atomic-file.ts';
import { copyFileDurably } from '../../platform/durable/copy-file.ts';
import { acquireHomeLock } from '../../platform/durable/home-lock.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { CarryList } from '../epochs/carry-list.ts';
import { ensureEpoch } from '../epochs/ensure-epoch.ts';
import { ledgerIn } from '../ledger/ledger-access.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { readStoredHead } from '../signing/stored-head.ts';
import { checkBackup, homePlace } from './backup-set.ts';
import type { BackupManifest } from './backup-set.ts';
import { DeviceRegistry } from './device-registry.ts';
import { checkSameGateway, firstOrigin } from './gateway-identity.ts';
import { verifyLog } from './log-verification.ts';

export interface RestoreRequest {
  /** The backup. */
  folder: string;
  /** The home to make. */
  paths: GatewayPaths;
  clock: Clock;
  /** Whether a home that stands there may be moved aside. */
  replace?: boolean;
}

export interface RestoredGateway {
  /** The new epoch. */
  origin: string;
  prevOrigin: string;
  /** Entries of the log before it that the backup holds. */
  prevSize: number;
  /** Where what stood there before is kept. */
  movedAside: readonly string[];
}

/** What the preparation is made under, and the places it is made for. */
type Staged = { staging: GatewayPaths; paths: GatewayPaths };

const SECRET_FOLDER_MODE = 0o700;
const SECRET_FILE_MODE = 0o600;
const CONFIG_MODE = 0o640;

/** Throws `BACKUP_INVALID`, `HOME_EXISTS`, `HOME_LOCKED` or what the configuration or key have wrong. */
export async function restoreBackup(request: RestoreRequest): Promise<RestoredGateway> {
  const { paths } = request;
  const folder = resolve(request.folder);
  const manifest = checkBackup(folder);
  if (existsSync(paths.configFile) && request.replace !== true) {
    throw new TillgateError('HOME_EXISTS', `${paths.configFile} exists already.`, {
      hint: 'restore with --replace to move what is there aside, or name another --home',
    });
  }
  const lock = acquireHomeLock(paths.lockFile);
  try {
    const staging = stagingOf(paths);
    prepare(folder, manifest, staging);
    const opened = await openNewEpoch(staging, request.clock, manifest);
    return { ...opened, movedAside: putInPlace({ staging, paths }, request.clock) };
  } finally {
    lock.release();
  }
}

function stagingOf(paths: GatewayPaths): GatewayPaths {
  const data = (path: string): string => path.replace(paths.dataDir, `${paths.dataDir}.restoring`);
  const keys = (path: string): string => path.replace(paths.keysDir, `${paths.keysDir}.restoring`);
  return {
    ...paths,
    configFile: `${paths.configFile}.restoring`,
    enrolmentFile: `${paths.enrolmentFile}.restoring`,
    keysDir: keys(paths.keysDir),
    logKeyFile: keys(paths.logKeyFile),
    dataDir: data(paths.dataDir),
    ledgerFile: data(paths.ledgerFile),
    registryFile: data(paths.registryFile),
    peripheralsFile: data(paths.peripheralsFile),
    signedHeadFile: data(paths.signedHeadFile),
    hqHeadFile: data(paths.hqHeadFile),
  };
}

function prepare(folder: string, manifest: BackupManifest, staging: GatewayPaths): void {
  const { configFile, enrolmentFile, keysDir, dataDir } = staging;
  // Of an earlier try that was interrupted.
  for (const path of [configFile, enrolmentFile, keysDir, dataDir]) {
    rmSync(path, { recursive: true, force: true });
  }
  makeDirectoryDurably(dirname(configFile));
  for (const made of [keysDir, dataDir]) makeDirectoryDurably(made, SECRET_FOLDER_MODE);
  for (const { path } of manifest.files) {
    const to = homePlace(path, staging);
    copyFileDurably(join(folder, path), to, to === configFile ? CONFIG_MODE : SECRET_FILE_MODE);
  }
  for (const made of [keysDir, dataDir]) syncDirectorySync(made);
}

/** Proves that the copy is a whole gateway, and opens the epoch under which it may sell. */
async function openNewEpoch(
  staging: GatewayPaths,
  clock: Clock,
  manifest: BackupManifest,
): Promise<Omit<RestoredGateway, 'movedAside'>> {
  const config = loadConfig(GATEWAY_CONFIG, staging.configFile);
  checkSameGateway(config, manifest.origin);
  const privateKey = readEd25519KeyFile(staging.logKeyFile);
  await DeviceRegistry.open(staging.registryFile);
  await checkLog(staging);
  const { dataDir, signedHeadFile, hqHeadFile } = staging;
  const epoch = ensureEpoch({
    ...{ ledger: ledgerIn(dataDir), list: new CarryList(dataDir), signedHeadFile, hqHeadFile },
    ...{ privateKey, clock, randomBytes, bootId: randomUUID() },
    firstOrigin: firstOrigin(config),
    isRestored: true,
  });
  const { origin, prevOrigin, prevSize } = must(epoch.opened, 'a restored log gets a new epoch');
  return { origin, prevOrigin, prevSize };
}

async function checkLog({ dataDir, signedHeadFile, hqHeadFile }: GatewayPaths): Promise<void> {
  const reader = openLedgerReader(dataDir);
  try {
    const heads = (
      [
        ['signedHead', signedHeadFile],
        ['hqHead', hqHeadFile],
      ] as const
    ).flatMap(([source, path]) => {
      const head = readStoredHead(path);
      return head === undefined ? [] : [{ source, head, vkeys: [] }];
    });
    const { epochs } = await verifyLog({ dataDir, reader, heads, signatures: false });
    const damaged = epochs.find(({ faultCount }) => faultCount > 0);
    const [fault] = damaged?.faults ?? [];
    if (damaged === undefined) return;
    const where = fault === undefined ? '' : `, the first at entry ${fault.index}`;
    throw new TillgateError(
      'BACKUP_INVALID',
      `The log ${damaged.origin} in the backup has ${damaged.faultCount} faults${where}.`,
    );
  } finally {
    reader.close();
  }
}

/** Every rename in an order in which a crash leaves no home that would start half restored. */
function putInPlace({ staging, paths }: Staged, clock: Clock): string[] {
  const stamp = new Date(clock.wallMs()).toISOString().replaceAll(/[:.]/g, '-');
  const movedAside: string[] = [];
  for (const name of ['configFile', 'dataDir', 'keysDir', 'enrolmentFile'] as const) {
    if (!existsSync(paths[name])) continue;
    const aside = `${paths[name]}.before-${stamp}`;
    renameSync(paths[name], aside);
    syncDirectorySync(dirname(aside));
    movedAside.push(aside);
  }
  for (const name of ['keysDir', 'enrolmentFile', 'dataDir', 'configFile'] as const) {
    if (!existsSync(staging[name])) continue;
    renameSync(staging[name], paths[name]);
    syncDirectorySync(dirname(paths[name]));
  }
  return movedAside;
}
