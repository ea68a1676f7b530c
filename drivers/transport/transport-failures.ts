/**
 * What the system's errors mean for a port, in one place: the code, a sentence and the next step.
 * Callers hand over whatever was thrown and never compare texts themselves.
 */
import { TillgateError } from '../../protocol/errors.ts';
import { nameHolders, portHolders } from './port-holders.ts';
import type { TransportEnd } from './transport.ts';

/** The device (or the way to it) went away: not a mistake of anybody. */
const GONE = new Set([
  'ENODEV',
  'ENXIO',
  'EIO',
  'EBADF',
  'EPIPE',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ESHUTDOWN',
]);

const ABSENT = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENXIO',
  'ENODEV',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** The errno of an error, also of those libraries that only have the C library's phrase. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) return code;
  return PHRASES.find(([phrase]) => phrase.test(error.message))?.[1] ?? '';
}

/** `serialport` and `usb` tell an errno by phrase or number alone. */
const PHRASES: readonly [RegExp, string][] = [
  [/no such file or directory|errno 2\b/i, 'ENOENT'],
  [/permission denied|access denied|errno 13\b/i, 'EACCES'],
  [/operation not permitted|errno 1\b/i, 'EPERM'],
  [/cannot lock port|temporarily unavailable|errno 11\b/i, 'EBUSY'],
  [/busy|errno 16\b/i, 'EBUSY'],
  [/no such device or address|errno 6\b/i, 'ENXIO'],
  [/no such device|disconnected|errno 19\b/i, 'ENODEV'],
  [/input\/output error|errno 5\b/i, 'EIO'],
  [/bad file descriptor/i, 'EBADF'],
];

/** Why a port could not be opened. `path` is the device file whose holders are looked for. */
export async function openFailure(
  address: string,
  error: unknown,
  path?: string,
): Promise<TillgateError> {
  if (error instanceof TillgateError) return error;
  const errno = errnoOf(error);
  const what = error instanceof Error ? error.message : String(error);
  if (ABSENT.has(errno)) {
    const message = `Nothing is connected at ${address} (${what}).`;
    return new TillgateError('TRANSPORT_ABSENT', message, { cause: error, retryable: true });
  }
  if (errno === 'EACCES' || errno === 'EPERM') {
    return new TillgateError('TRANSPORT_DENIED', `${address} may not be opened (${what}).`, {
      cause: error,
    });
  }
  if (errno === 'EBUSY') {
    const holders = path === undefined ? [] : await portHolders(path);
    return busyPort(address, nameHolders(holders), error);
  }
  return new TillgateError('TRANSPORT_FAULT', `${address} could not be opened: ${what}`, {
    cause: error,
    retryable: true,
  });
}

export function busyPort(address: string, holder: string, cause?: unknown): TillgateError {
  return new TillgateError('TRANSPORT_BUSY', `${address} is held by ${holder}.`, {
    cause,
    retryable: true,
  });
}

/** How an open port ended, from the error of a read or a write. */
export function endOf(address: string, error: unknown): TransportEnd {
  if (error instanceof TillgateError) return { reason: 'fault', error };
  const what = error instanceof Error ? error.message : String(error);
  if (GONE.has(errnoOf(error))) return unplugged(address, what, error);
  const fault = new TillgateError('TRANSPORT_FAULT', `${address} failed: ${what}`, {
    cause: error,
    retryable: true,
  });
  return { reason: 'fault', error: fault };
}

export function unplugged(address: string, what: string, cause?: unknown): TransportEnd {
  const message = `${address} went away (${what}).`;
  return {
    reason: 'unplugged',
    error: new TillgateError('TRANSPORT_ABSENT', message, { cause, retryable: true }),
  };
}
