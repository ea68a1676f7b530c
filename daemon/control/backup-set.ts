/**
 * What a backup of a gateway is: a folder with a copy of every file that a new machine needs, and a
 * manifest that names each with its length and SHA-256. It is not a home: nothing can be started on
 * it by mistake, because the configuration stands in `settings/`.
 *
 *     manifest.json   settings/config.yaml   settings/enrolment.json   keys/*   data/*
 *
 * The manifest is written last, so a folder without one is a backup that never became whole.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { GatewayPaths } from '../../config/paths.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { errnoOf } from '../../platform/durable/errno.ts';
import { TillgateError } from '../../protocol/errors.ts';

export interface BackupFile {
  /** Below the backup's folder, with `/`. */
  path: string;
  bytes: number;
  /** Hex. */
  sha256: string;
}

export interface BackupManifest {
  version: 1;
  /** The release that wrote it. */
  product: string;
  madeAt: string;
  /** The log as it stands in the backup. */
  origin: string;
  size: number;
  /** Base64. */
  root: string;
  files: readonly BackupFile[];
}

export const MANIFEST_FILE = 'manifest.json';
export const LEDGER_COPY = 'data/ledger.db';

/** Small state files are copied whole; a data folder that holds larger ones holds something else. */
const STATE_FILE_BYTES_MAX = 64 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** Copied by the database itself, or made again by whoever owns it. */
const LEFT_OUT = /\.db(-|\.|$)|^reserve$|\.new$|\.damaged|\.before-/;

/** Where each part of a backup belongs in a home; the ledger is copied by another way. */
export function backupParts(paths: GatewayPaths): { from: string; path: string }[] {
  const parts = [
    { from: paths.configFile, path: 'settings/config.yaml' },
    { from: paths.enrolmentFile, path: 'settings/enrolment.json' },
    ...filesIn(paths.keysDir).map((from) => ({ from, path: `keys/${basename(from)}` })),
    ...filesIn(paths.dataDir)
      .filter((from) => !LEFT_OUT.test(basename(from)))
      .map((from) => ({ from, path: `data/${basename(from)}` })),
  ];
  return parts.filter(({ from }) => isSmallFile(from));
}

/** The place in a home for a file of a backup. */
export function homePlace(path: string, paths: GatewayPaths): string {
  const name = basename(path);
  if (path === 'settings/config.yaml') return paths.configFile;
  if (path === 'settings/enrolment.json') return paths.enrolmentFile;
  return path.startsWith('keys/') ? join(paths.keysDir, name) : join(paths.dataDir, name);
}

/** Every file below `folder` but the manifest, with its length and hash. */
export function listFiles(folder: string): BackupFile[] {
  return ['settings', 'keys', 'data']
    .flatMap((part) => filesIn(join(folder, part)))
    .map((file) => ({ path: relative(folder, file), ...digestOf(file) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The manifest of the backup in `folder`, after every file was read and compared with it. Throws
 * `BACKUP_INVALID`.
 */
export function checkBackup(folder: string): BackupManifest {
  const bytes = readFileIfPresent(join(folder, MANIFEST_FILE));
  if (bytes === undefined) {
    throw invalid(folder, `it has no ${MANIFEST_FILE}, so it was never finished`);
  }
  const manifest = parseManifest(folder, Buffer.from(bytes).toString('utf8'));
  const there = new Map(listFiles(folder).map((file) => [file.path, file]));
  for (const { path, bytes: length, sha256 } of manifest.files) {
    const found = there.get(path);
    if (found === undefined) throw invalid(folder, `${path} is missing`);
    if (found.bytes !== length || found.sha256 !== sha256) {
      throw invalid(folder, `${path} is not as it was written`);
    }
    there.delete(path);
  }
  const [stranger] = there.keys();
  if (stranger !== undefined) throw invalid(folder, `${stranger} does not belong to it`);
  return manifest;
}

function parseManifest(folder: string, text: string): BackupManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(folder, `${MANIFEST_FILE} is not JSON`);
  }
  const manifest = value as Partial<BackupManifest> | null;
  const isOurs =
    typeof manifest === 'object' &&
    manifest?.version === 1 &&
    Array.isArray(manifest.files) &&
    typeof manifest.origin === 'string';
  if (!isOurs) throw invalid(folder, `${MANIFEST_FILE} is not that of a gateway's backup`);
  return manifest as BackupManifest;
}

/** Reads the file piece by piece: a ledger may be larger than memory. */
function digestOf(path: string): { bytes: number; sha256: string } {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = openSync(path, 'r');
  try {
    let bytes = 0;
    for (;;) {
      const read = readSync(descriptor, chunk, 0, chunk.length, null);
      if (read === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
  } finally {
    closeSync(descriptor);
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => join(folder, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function isSmallFile(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.size <= STATE_FILE_BYTES_MAX;
}

function invalid(folder: string, why: string): TillgateError {
  return new TillgateError('BACKUP_INVALID', `${folder} cannot be restored: ${why}.`);
}
