/**
 * `tillgate backup`: a copy of the gateway that is consistent while the gateway sells on, and that
 * was restored once before it is called a backup.
 *
 * The small files are copied first and the ledger after them, in one read transaction of SQLite that
 * no writer waits for. So no head in the backup is above its log, and no device in its registry
 * lacks its entry. Everything is written to `….partial`, made durable, restored on trial into a
 * folder beside it, and only then given its name.
 */
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gatewayPaths } from '../../config/paths.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import {
  createFileDurably,
  makeDirectoryDurably,
  syncDirectorySync,
} from '../../platform/durable/atomic-file.ts';
import { copyFileDurably, syncFileSync } from '../../platform/durable/copy-file.ts';
import { PRODUCT_VERSION } from '../../platform/product-version.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { LEDGER_FILE, openForReading } from '../ledger/sqlite-schema.ts';
import { LEDGER_COPY, MANIFEST_FILE, backupParts, listFiles } from './backup-set.ts';
import type { BackupManifest } from './backup-set.ts';
import { restoreBackup } from './restore-backup.ts';

export interface BackupRequest {
  paths: GatewayPaths;
  /** The folder to make; it must not exist. */
  target: string;
  clock: Clock;
  /** What is being done now, for a person who waits. */
  onStep: (step: string) => void;
}

export interface MadeBackup extends BackupManifest {
  folder: string;
  bytes: number;
}

/** Only the owner: it holds the private key of the log. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Throws `BACKUP_EXISTS`, `LEDGER_MISSING`, `BACKUP_FAILED` or what the trial found. */
export async function makeBackup(request: BackupRequest): Promise<MadeBackup> {
  const target = resolve(request.target);
  const partial = `${target}.partial`;
  const trial = `${target}.trial`;
  if (existsSync(target)) throw new TillgateError('BACKUP_EXISTS', `${target} exists already.`);
  // Of an earlier try that was interrupted; both are only ever ours.
  for (const folder of [partial, trial]) rmSync(folder, { recursive: true, force: true });
  try {
    request.onStep('copying');
    const manifest = copyInto(partial, request);
    request.onStep('restoring it on trial');
    await restoreBackup({ folder: partial, paths: gatewayPaths(trial), clock: request.clock });
    renameSync(partial, target);
    syncDirectorySync(dirname(target));
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    return { folder: target, bytes, ...manifest };
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (error instanceof TillgateError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new TillgateError('BACKUP_FAILED', `The backup could not be written: ${reason}.`, {
      retryable: true,
      cause: error,
    });
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}

function copyInto(folder: string, { paths, clock }: BackupRequest): BackupManifest {
  for (const part of ['settings', 'keys', 'data']) {
    makeDirectoryDurably(join(folder, part), FOLDER_MODE);
  }
  chmodSync(folder, FOLDER_MODE);
  for (const { from, path } of backupParts(paths)) {
    copyFileDurably(from, join(folder, path), FILE_MODE);
  }
  copyLedger(paths.dataDir, join(folder, LEDGER_COPY));
  const files = listFiles(folder);
  for (const part of ['settings', 'keys', 'data']) syncDirectorySync(join(folder, part));
  const log = openLedgerReader(join(folder, 'data'));
  try {
    const size = log.size();
    const manifest: BackupManifest = {
      version: 1,
      product: PRODUCT_VERSION,
      madeAt: new Date(clock.wallMs()).toISOString(),
      origin: log.origin,
      size,
      root: encodeBase64(rootAt(size, log.node)),
      files,
    };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    createFileDurably(join(folder, MANIFEST_FILE), text, { mode: FILE_MODE });
    return manifest;
  } finally {
    log.close();
  }
}

/** One read transaction: what was committed when it began, whole, and without the log of writes. */
function copyLedger(dataDir: string, target: string): void {
  const database = openForReading(join(dataDir, LEDGER_FILE));
  try {
    database.prepare('VACUUM INTO ?').run(target);
    chmodSync(target, FILE_MODE);
    syncFileSync(target);
  } finally {
    database.close();
  }
}
