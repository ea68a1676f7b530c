/**
 * Where a running headquarters listens, in a file of its run folder: with port 0 nobody could know
 * otherwise. The file may outlive its process, so whoever reads it asks there before believing it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HqPaths } from '../../config/paths.ts';
import { errnoOf } from '../../platform/durable/errno.ts';

export type HqAddresses = {
  /** Null where another broker is used. */
  mqtt: { host: string; port: number } | null;
  http: { host: string; port: number };
};

const addressesFile = (paths: HqPaths): string => join(paths.runDir, 'addresses.json');

export function writeAddresses(paths: HqPaths, addresses: HqAddresses): void {
  const file = addressesFile(paths);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(addresses)}\n`);
}

export function removeAddresses(paths: HqPaths): void {
  rmSync(addressesFile(paths), { force: true });
}

export function readAddresses(paths: HqPaths): HqAddresses | undefined {
  try {
    return JSON.parse(readFileSync(addressesFile(paths), 'utf8')) as HqAddresses;
  } catch (error) {
    // None, or one that a crash cut off: nobody listens as far as anybody can tell.
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
