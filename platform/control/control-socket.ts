/**
 * The control socket's place and its lines. A unix socket of mode 0600: who may open it is the owner
 * of the home. Requests and answers are lines of JSON: `{id, verb, params}` and
 * `{id, ok: true, result}` or `{id, ok: false, error: {code, message, hint, retryable}}`.
 */
import { hash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { TillgateError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import { readFileIfPresent, writeFileAtomicallySync } from '../durable/atomic-file.ts';

/** sun_path holds 108 bytes with the final zero (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;
/** A PEM key or an enrolment is a few KiB; nothing larger crosses this socket. */
export const LINE_CHARACTERS_MAX = 1024 * 1024;

export interface ControlRequest {
  id: number;
  verb: string;
  params: unknown;
}

export type ControlAnswer =
  { id: number; ok: true; result: unknown } | { id: number; ok: false; error: ControlFailure };

export interface ControlFailure {
  code: string;
  message: string;
  hint: string;
  retryable: boolean;
}

/**
 * The path to listen on for the socket that should be at `wanted`: that path, or a short one in the
 * system's temporary folder, which is then noted in a file beside `wanted`.
 */
export function claimSocketPath(wanted: string): string {
  mkdirSync(dirname(wanted), { recursive: true });
  rmSync(notePath(wanted), { force: true });
  const path = fits(wanted) ? wanted : shortPath(wanted);
  // In one step: a command that looks at this moment must not find an empty note.
  if (path !== wanted) writeFileAtomicallySync(notePath(wanted), path);
  rmSync(path, { force: true });
  return path;
}

/**
 * Where the socket that should be at `wanted` is. A note of another home, which a copied home brings
 * along, leads to the daemon of that one and does not count.
 */
export function findSocketPath(wanted: string): string {
  const note = readFileIfPresent(notePath(wanted));
  if (note === undefined) return wanted;
  const path = Buffer.from(note).toString().trim();
  return basename(dirname(path)) === shortName(wanted) ? path : wanted;
}

const fits = (path: string): boolean => Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX;
const notePath = (wanted: string): string => `${wanted}.path`;

/** Named after the home, by whichever path it is reached; the folder of `wanted` is there. */
function shortName(wanted: string): string {
  const home = realpathSync(dirname(wanted));
  return `tillgate-${hash('sha256', join(home, basename(wanted)), 'hex').slice(0, 16)}`;
}

/** In a folder of our own that nobody else can enter. */
function shortPath(wanted: string): string {
  const folder = join(tmpdir(), shortName(wanted));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  if (uid !== userInfo().uid || (mode & 0o777) !== 0o700) {
    throw new TillgateError('CONTROL_PROTOCOL', `${folder} belongs to somebody else.`, {
      hint: 'use a --home with a shorter path',
    });
  }
  return join(folder, 'control.sock');
}

export function failureOf(error: unknown): ControlFailure {
  if (error instanceof TillgateError) {
    const { code, message, hint, retryable } = error;
    return { code, message, hint, retryable };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message, hint: ERROR_CODES.INTERNAL.fix, retryable: false };
}

/** The error that the other side threw; a code of another release becomes `CONTROL_PROTOCOL`. */
export function errorOf(failure: ControlFailure): TillgateError {
  const known = Object.hasOwn(ERROR_CODES, failure.code);
  const code = known ? (failure.code as ErrorCode) : 'CONTROL_PROTOCOL';
  return new TillgateError(code, failure.message, failure);
}
