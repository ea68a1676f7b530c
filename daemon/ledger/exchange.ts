/**
 * Puts a repaired ledger in the place of a damaged one, which is kept. A write-ahead log must never
 * meet a database that is not its own, and two files cannot change places in one step, so a crash in
 * between leaves no ledger under its name but a repaired one beside it. Whoever holds the home's lock
 * finishes that before looking for a ledger; nobody else ever takes the name `.repaired`.
 */
import { existsSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectorySync } from '../../platform/durable/atomic-file.ts';
import { syncFileSync } from '../../platform/durable/copy-file.ts';
import type { Clock } from '../../protocol/clock.ts';

const BESIDE = ['-wal', '-shm'];

/** The whole and closed ledger `fresh` in, what was there aside; gives the name of the latter. */
export function exchangeLedger(ledgerFile: string, fresh: string, clock: Clock): string {
  const keptAs = keptName(ledgerFile, clock);
  syncFileSync(fresh);
  renameSync(fresh, repairedBeside(ledgerFile));
  syncDirectorySync(dirname(ledgerFile));
  renameSync(ledgerFile, keptAs);
  syncDirectorySync(dirname(ledgerFile));
  moveBeside(ledgerFile, keptAs);
  finishExchange(ledgerFile);
  return keptAs;
}

/** Nothing of it can be read: aside with it, for the next start to begin one; gives its new name. */
export function setLedgerAside(ledgerFile: string, clock: Clock): string {
  const keptAs = keptName(ledgerFile, clock);
  renameSync(ledgerFile, keptAs);
  syncDirectorySync(dirname(ledgerFile));
  // After a crash here SQLite drops a write-ahead log that it finds beside an empty file.
  moveBeside(ledgerFile, keptAs);
  syncDirectorySync(dirname(ledgerFile));
  return keptAs;
}

function keptName(ledgerFile: string, clock: Clock): string {
  const stamp = new Date(clock.wallMs()).toISOString().replaceAll(/[:.]/g, '-');
  return `${ledgerFile}.damaged-${stamp}`;
}

/** Ends an exchange that a crash cut off; nothing where there was none. Needs the home's lock. */
export function finishExchange(ledgerFile: string): void {
  const repaired = repairedBeside(ledgerFile);
  if (existsSync(ledgerFile) || !existsSync(repaired)) return;
  moveBeside(ledgerFile, `${ledgerFile}.damaged-interrupted`);
  syncDirectorySync(dirname(ledgerFile));
  renameSync(repaired, ledgerFile);
  syncDirectorySync(dirname(ledgerFile));
}

const repairedBeside = (ledgerFile: string): string => `${ledgerFile}.repaired`;

function moveBeside(from: string, to: string): void {
  for (const suffix of BESIDE) {
    if (existsSync(`${from}${suffix}`)) renameSync(`${from}${suffix}`, `${to}${suffix}`);
  }
}
