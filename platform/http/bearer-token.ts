/**
 * Who may write over HTTP: whoever has the one token (RFC 6750). It is compared by its hash in
 * constant time, so neither its length nor a right beginning shows.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TillgateError } from '../../protocol/errors.ts';

const SCHEME = /^bearer +([!-~]{1,512})$/i;

/** Throws `HTTP_UNAUTHORISED` without `token` in the header. */
export function checkBearer(request: IncomingMessage, token: string): void {
  const given = SCHEME.exec(request.headers.authorization ?? '')?.[1];
  if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return;
  const message =
    given === undefined
      ? 'The request has no bearer token.'
      : 'The bearer token is not the right one.';
  throw new TillgateError('HTTP_UNAUTHORISED', message);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
