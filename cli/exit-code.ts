/**
 * What the process says to its caller, after sysexits.h where it has a word for it. One table from
 * error code to exit code, so that scripts and systemd can rely on it.
 */
import type { ErrorCode } from '../protocol/errors.ts';
import { TillgateError } from '../protocol/errors.ts';

export const EXIT = {
  ok: 0,
  /** A check that was asked for failed, or what was asked for is refused. */
  check: 1,
  /** EX_USAGE */
  usage: 64,
  /** EX_SOFTWARE */
  internal: 70,
  /** EX_TEMPFAIL: the same call may work later. */
  tryAgain: 75,
  /** EX_CONFIG: nothing was started; systemd must not start it again. */
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const CONFIGURATION = new Set<ErrorCode>([
  'HOME_MISSING',
  'KEY_FILE_MISSING',
  'KEY_FILE_PERMISSIONS',
  'KEY_FILE_INVALID',
  'FILE_PERMISSIONS',
]);

/** The state is unknown or a part is gone: only a fresh start helps, and systemd makes one. */
const INTERNAL = new Set<ErrorCode>([
  'INTERNAL',
  'LEDGER_IO',
  'DISK_IO',
  'LEDGER_WORKER_LOST',
  'UPLINK_WORKER_LOST',
]);

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof TillgateError)) return EXIT.internal;
  if (error.code === 'USAGE') return EXIT.usage;
  if (INTERNAL.has(error.code)) return EXIT.internal;
  if (error.code.startsWith('CONFIG_') || CONFIGURATION.has(error.code)) return EXIT.config;
  return error.retryable ? EXIT.tryAgain : EXIT.check;
}
