/**
 * What one check of the whole installation found. `failed` means that sales, the log or the way to it
 * cannot work as they are; `warning` that a person should do something although sales go on.
 */
import type { ErrorCode, TillgateError } from '../../protocol/errors.ts';
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import type { Json } from '../../protocol/json/json-value.ts';

/** In the order in which they are shown: what stands first explains what follows. */
export const CHECK_NAMES = [
  ...(['version', 'home', 'config', 'daemon', 'health', 'service'] as const),
  ...(['ownership', 'keys', 'files', 'disk', 'fileSystem', 'clock'] as const),
  ...(['ports', 'encryption', 'certificate', 'limits', 'log', 'alarms'] as const),
  ...(['headquarters', 'network', 'feeds', 'conflicts', 'rights'] as const),
  ...(['devices', 'peripherals'] as const),
] as const;

export type CheckName = (typeof CHECK_NAMES)[number];
export type CheckState = 'ok' | 'warning' | 'failed';

/** As `doctor --json` says it; members are only ever added. */
export interface CheckFinding {
  check: CheckName;
  state: CheckState;
  /** Of docs/errors.md; only where it is not ok. */
  code?: string;
  message: string;
  /** The next step; only where it is not ok. */
  hint?: string;
  details?: Json;
}

/** A sentence, or one with its own next step and facts for programs. */
export type Said = string | { message: string; hint?: string; details?: Json };

export function ok(check: CheckName, message: string, details?: Json): CheckFinding {
  return { check, state: 'ok', message, ...(details !== undefined && { details }) };
}

/** Without a next step of its own it has the one of its code. */
export function warning(check: CheckName, code: ErrorCode, said: Said): CheckFinding {
  return finding({ check, state: 'warning', code }, said);
}

export function failed(check: CheckName, code: ErrorCode, said: Said): CheckFinding {
  return finding({ check, state: 'failed', code }, said);
}

/** A warning with a code that the daemon or a file named. */
export function told(check: CheckName, code: string, said: Said): CheckFinding {
  return finding({ check, state: 'warning', code }, said);
}

export function failedBy(check: CheckName, { code, message, hint }: TillgateError): CheckFinding {
  return finding({ check, state: 'failed', code }, { message, hint });
}

function finding(
  head: Pick<CheckFinding, 'check' | 'state'> & { code: string },
  said: Said,
): CheckFinding {
  const { message, hint, details } = typeof said === 'string' ? { message: said } : said;
  return {
    ...{ ...head, message, hint: hint ?? fixOf(head.code) },
    ...(details !== undefined && { details }),
  };
}

function fixOf(code: string): string {
  return Object.hasOwn(ERROR_CODES, code)
    ? ERROR_CODES[code as ErrorCode].fix
    : 'use the same release for the command and the daemon';
}
