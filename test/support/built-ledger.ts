/**
 * Ledgers for tests and benchmarks, written in bulk through the ledger's own store: the same tables,
 * hashes and entries as the daemon's, without a till for each sale. Everything follows from the
 * seed, so two runs give the same bytes.
 */
import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EntryClockwork } from '../../daemon/ledger/entry-clock.ts';
import { draftEntry, draftPlainSale } from '../../daemon/ledger/entry-draft.ts';
import type { EntryContext } from '../../daemon/ledger/entry-draft.ts';
import { openEpochIn } from '../../daemon/ledger/epoch.ts';
import type { EntryDraft } from '../../daemon/ledger/ledger-port.ts';
import { LEDGER_FILE } from '../../daemon/ledger/sqlite-schema.ts';
import { SqliteStore } from '../../daemon/ledger/sqlite-store.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { EntryKind } from '../../protocol/log/entry.ts';

export const BUILT_ORIGIN = 'tillgate.invalid/acme/s0417/g1/e1';

export interface PlannedEntry {
  kind: EntryKind;
  members: Record<string, Json>;
  body?: Uint8Array;
  alwaysBlob?: boolean;
}

export interface BuiltLedgerOptions {
  dataDir: string;
  /** Entries in all, the one that opens the epoch included. */
  entries: number;
  origin?: string;
  /** Instead of the sale that would stand at `index`. */
  plan?: (index: number) => PlannedEntry | undefined;
  /** Bytes of a sale's body. */
  bodyBytes?: number;
  onProgress?: (done: number) => void;
}

const START_MS = Date.UTC(2010, 11, 1, 8, 26);
/** Large enough that the fsync of a commit does not count. */
const ENTRIES_A_COMMIT = 20_000;

/** Builds `dataDir`/ledger.db; with a file that is there already the new epoch follows its own. */
export function buildLedger(options: BuiltLedgerOptions): void {
  mkdirSync(options.dataDir, { recursive: true });
  const store = new SqliteStore(join(options.dataDir, LEDGER_FILE), {
    // The file is a copy of what the seed says: a crash while it is built costs nothing.
    configure: (database) => database.pragma('synchronous = OFF'),
  });
  let nowMs = START_MS;
  const clockwork = new EntryClockwork({
    clock: { wallMs: () => nowMs, monotonicMs: () => nowMs - START_MS },
    bootId: 'built',
    source: 'system',
    randomBytes: (count) => new Uint8Array(count).fill(7),
  });
  try {
    store.transact((transaction) =>
      openEpochIn(
        transaction,
        { origin: options.origin ?? BUILT_ORIGIN, reason: 'first', members: {} },
        clockwork.read(),
      ),
    );
    for (let start = 1; start < options.entries; start += ENTRIES_A_COMMIT) {
      const end = Math.min(start + ENTRIES_A_COMMIT, options.entries);
      nowMs += 1_000;
      const context = clockwork.read();
      store.transact((transaction) => {
        for (let index = start; index < end; index++) {
          transaction.write({ entries: [draftOf(index, options, context)] });
        }
      });
      options.onProgress?.(end);
    }
  } finally {
    store.close();
  }
}

function draftOf(index: number, options: BuiltLedgerOptions, context: EntryContext): EntryDraft {
  const planned = options.plan?.(index);
  return planned === undefined
    ? saleOf(index, options.bodyBytes ?? 256, context)
    : draftEntry({ index, ...planned }, context);
}

function saleOf(index: number, bodyBytes: number, context: EntryContext): EntryDraft {
  const digest = hash('sha256', `sale ${index}`, 'hex');
  const transactionId = [8, 4, 4, 4, 12]
    .map((length, at, lengths) => {
      const from = lengths.slice(0, at).reduce((sum, part) => sum + part, 0);
      return digest.slice(from, from + length);
    })
    .join('-');
  const text = `{"transactionId":"${transactionId}","total":${index},"filler":"`;
  const body = Buffer.from(`${text}${digest.repeat(40).slice(0, bodyBytes - text.length - 2)}"}`);
  return draftPlainSale(
    {
      index,
      deviceId: `till-${index % 20}`,
      transactionId,
      contentHash: hash('sha256', body, 'base64'),
      mediaType: 'application/json',
      body,
      bodyHash: hash('sha256', body, 'base64'),
    },
    context,
  );
}
