/** Both stores for the suites that hold them to the port: with a restart as each has one. */
import { join } from 'node:path';
import { freshFolder } from './ledger-fixtures.ts';
import type { LedgerStore } from './ledger-port.ts';
import { MemoryStore } from './memory-store.ts';
import { SqliteStore } from './sqlite-store.ts';

export interface Subject {
  store: LedgerStore;
  restart(): LedgerStore;
  end(): void;
}

function sqlite(): Subject {
  const folder = freshFolder();
  const path = join(folder.path, 'ledger.db');
  const subject: Subject = {
    store: new SqliteStore(path),
    restart: () => {
      subject.store.close();
      subject.store = new SqliteStore(path);
      return subject.store;
    },
    end: () => {
      subject.store.close();
      folder.remove();
    },
  };
  return subject;
}

function memory(): Subject {
  let store = new MemoryStore();
  return {
    store,
    restart: () => (store = store.crash()),
    end: () => undefined,
  };
}

export const SUBJECTS = [
  ['sqlite', sqlite],
  ['memory', memory],
] as const;
