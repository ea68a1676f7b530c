/** Every log that headquarters keeps, and the gateways that were enrolled and never came. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HqConfig } from '../../config/hq-schema.ts';
import type { HqPaths } from '../../config/paths.ts';
import { errnoOf } from '../../platform/durable/errno.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { CustodyHead, CustodyReader } from '../custody/custody.ts';
import { openCustodyReader } from './custody-access.ts';

export type StoreHead = {
  origin: string;
  chain: string;
  store: string;
  gateway: string;
  verifierKey: string;
  /** Entries kept; 0 also for one that never came. */
  size: number;
  /** Base64. */
  root: string | null;
  state: 'kept' | 'expected';
};

export function storeHead(head: CustodyHead): StoreHead {
  const { origin, logVkey, size, root } = head;
  const { chain, store, gateway } = parseOrigin(origin);
  const base = { origin, chain, store, gateway, verifierKey: logVkey };
  return { ...base, size, root: encodeBase64(root), state: 'kept' };
}

export async function listStores(
  paths: HqPaths,
  custody: CustodyReader | undefined,
): Promise<StoreHead[]> {
  const heads = (await custody?.heads()) ?? [];
  const kept = heads.filter(({ origin }) => !isHqLogOrigin(origin) && !isFeedOrigin(origin));
  const origins = new Set(kept.map(({ origin }) => origin));
  const expected = enrolled(paths).filter(({ origin }) => !origins.has(origin));
  return [...kept.map(storeHead), ...expected].sort((a, b) => (a.origin < b.origin ? -1 : 1));
}

function enrolled(paths: HqPaths): StoreHead[] {
  let files: string[];
  try {
    files = readdirSync(paths.admissionsDir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  return files
    .filter((file) => file.endsWith('.note'))
    .map((file) => {
      // Our own notes: the text is format, origin and key on a line each.
      const { text } = parseNote(readFileSync(join(paths.admissionsDir, file), 'utf8'));
      const [, origin = '', verifierKey = ''] = text.split('\n');
      const { chain, store, gateway } = parseOrigin(origin);
      const base = { origin, chain, store, gateway, verifierKey };
      return { ...base, size: 0, root: null, state: 'expected' };
    });
}

/** The same without a running headquarters. */
export async function readStores(paths: HqPaths, config: HqConfig): Promise<StoreHead[]> {
  const custody = await openCustodyReader(paths, config);
  try {
    return await listStores(paths, custody);
  } finally {
    await custody?.close();
  }
}
