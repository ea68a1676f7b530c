/**
 * Whether headquarters may hand out rights of a chain now, and what it waits for. After a restore it
 * does not know what its lost life gave: until every gateway that is enrolled and not fenced has shown
 * its log in this life, and custody has all of it. After every start it waits some seconds, so that a
 * restore that nobody mentioned shows by what gateways bring. Pure.
 */
import type { PoolBook } from '../../protocol/rights/pool-book.ts';

export type IssueLock = {
  isLocked: boolean;
  /** Nothing comes in where it does not. */
  isRunning: boolean;
  /** Seconds until what gateways show would have told of a restore. */
  settlesInSeconds: number;
  /** STORE/GATEWAY of those that have not reported since a restore. */
  waitsFor: string[];
};

export type LockView = {
  /** Of the process, so far. */
  runningMs: number;
  /** Infinity where headquarters does not run: gateways cannot come. */
  settleMs: number;
  /** The present life began with a restore. */
  isRestored: boolean;
  /** STORE/GATEWAY of all that are enrolled. */
  gateways: readonly string[];
};

const MS_PER_SECOND = 1_000;

export function issueLock(book: PoolBook, view: LockView): IssueLock {
  const { runningMs, settleMs, isRestored, gateways } = view;
  const isRunning = settleMs !== Infinity;
  const leftMs = isRunning ? Math.max(0, settleMs - runningMs) : 0;
  const settlesInSeconds = Math.ceil(leftMs / MS_PER_SECOND);
  const waitsFor = isRestored
    ? gateways.filter((name) => !book.isFenced(name) && !book.hasReported(name)).sort()
    : [];
  const isLocked = !isRunning || settlesInSeconds > 0 || waitsFor.length > 0;
  return { isLocked, isRunning, settlesInSeconds, waitsFor };
}

export function lockMessage({ isRunning, settlesInSeconds, waitsFor }: IssueLock): string {
  if (waitsFor.length > 0) {
    const shown = waitsFor.slice(0, NAMES_SHOWN).join(', ');
    const more = waitsFor.length > NAMES_SHOWN ? ` and ${waitsFor.length - NAMES_SHOWN} more` : '';
    return `Headquarters was restored and waits for ${shown}${more} to come back.`;
  }
  if (!isRunning) return 'Headquarters does not run, so nothing is handed out.';
  return `Headquarters has just started; it hands out rights in ${settlesInSeconds} s.`;
}

const NAMES_SHOWN = 5;
