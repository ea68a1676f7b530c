/**
 * The name of a log: `DOMAIN/CHAIN/STORE/GATEWAY/eN`, from the second epoch on `eN-` and 8 random
 * hex digits. It is the first line of each checkpoint and the name of the key that signs it. The
 * random part makes two lives of a cloned gateway differ even when both count to the same epoch.
 */
import { TillgateError } from '../errors.ts';

export interface Origin {
  /** A DNS name in lower case. */
  readonly domain: string;
  readonly chain: string;
  readonly store: string;
  readonly gateway: string;
  /** From 1. */
  readonly epoch: number;
  /** 8 lower-case hex digits. */
  readonly suffix?: string;
}

/** Nine digits hold an epoch a second for thirty years; the bound keeps numbers exact. */
const EPOCH = /^e([1-9][0-9]{0,8})(?:-([0-9a-f]{8}))?$/;
const ID = /^[a-z0-9][a-z0-9-]{0,31}$/;
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const DOMAIN_CHARACTERS_MAX = 253;

/** Throws `LOG_ORIGIN_INVALID` for anything that `formatOrigin` would not write. */
export function parseOrigin(text: string): Origin {
  const parts = text.split('/');
  const [domain, chain, store, gateway, life] = parts;
  const epoch = EPOCH.exec(life ?? '');
  if (
    parts.length !== 5 ||
    domain === undefined ||
    chain === undefined ||
    store === undefined ||
    gateway === undefined ||
    epoch === null ||
    !isDomain(domain) ||
    ![chain, store, gateway].every((id) => ID.test(id))
  ) {
    throw new TillgateError(
      'LOG_ORIGIN_INVALID',
      `A log's origin is DOMAIN/CHAIN/STORE/GATEWAY/eN (got ${JSON.stringify(text.slice(0, 300))})`,
    );
  }
  const place = { domain, chain, store, gateway, epoch: Number(epoch[1]) };
  return epoch[2] === undefined ? place : { ...place, suffix: epoch[2] };
}

export function formatOrigin(origin: Origin): string {
  const life = `e${origin.epoch}${origin.suffix === undefined ? '' : `-${origin.suffix}`}`;
  return [origin.domain, origin.chain, origin.store, origin.gateway, life].join('/');
}

/** The origin of the epoch after `origin`; `randomHex` is 8 fresh random hex digits. */
export function nextEpochOrigin(origin: string, randomHex: string): string {
  const current = parseOrigin(origin);
  const next = formatOrigin({ ...current, epoch: current.epoch + 1, suffix: randomHex });
  parseOrigin(next);
  return next;
}

/** Whether both name logs of the same domain, chain, store and gateway, whatever the epoch. */
export function sameGateway(a: Origin, b: Origin): boolean {
  return (
    a.domain === b.domain && a.chain === b.chain && a.store === b.store && a.gateway === b.gateway
  );
}

function isDomain(text: string): boolean {
  return (
    text.length <= DOMAIN_CHARACTERS_MAX &&
    text.split('.').every((label) => DOMAIN_LABEL.test(label))
  );
}
