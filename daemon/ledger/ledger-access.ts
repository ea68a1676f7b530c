/**
 * How those reach a ledger who need it outside its thread: the start check before the thread runs,
 * and readers beside it. Where it is kept is the owner's choice.
 */
import { join } from 'node:path';
import { finishExchange } from './exchange.ts';
import type { LedgerStore } from './ledger-port.ts';
import { openLedgerReader, type LedgerReader } from './reader.ts';
import { LEDGER_FILE } from './sqlite-schema.ts';
import { SqliteStore } from './sqlite-store.ts';

export interface LedgerAccess {
  /** Finishes what a crash cut off; called once, with the home's lock held, before the others. */
  settle(): void;
  /** Reads the newest epoch; closed after use. Throws `LEDGER_MISSING` where there is no entry. */
  openReader(): LedgerReader;
  /** For the one writer; begins an empty ledger where there is none. */
  openStore(): LedgerStore;
}

/** The ledger in `dataDir`. */
export function ledgerIn(dataDir: string): LedgerAccess {
  return {
    settle: () => finishExchange(join(dataDir, LEDGER_FILE)),
    openReader: () => openLedgerReader(dataDir),
    openStore: () => new SqliteStore(join(dataDir, LEDGER_FILE)),
  };
}
