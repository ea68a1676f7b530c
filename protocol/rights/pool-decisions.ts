/**
 * What headquarters may do with its pools, as values: the changes to publish and the entries to write,
 * or why not. A decision holds for the book it was made on; whoever carries it out makes every write
 * durable, in the given order, and takes it into the book (`takeWrite`) before the next decision. A
 * crash between two writes leaves rights unused, never spent twice. The same id with the same content
 * again is the same decision, with nothing to write.
 */
import type { ErrorCode } from '../errors.ts';
import { endSeconds } from './at-rest.ts';
import type { GrantAtRest } from './at-rest.ts';
import type { FeedChange } from '../feed/change.ts';
import type { Grant } from '../feed/right-documents.ts';
import type { OwnRightEvent } from './own-right-events.ts';
import { OWN_RECALL_PREFIX } from './right-entries.ts';
import type { PoolBook } from './pool-book.ts';
import type { HeldGrant, PoolState } from './pool-state.ts';
import { ONLINE_HOLDER, OWN_GRANT } from './right-entries.ts';

export type RightWrite =
  /** Into the feed of `store`, or of the chain. */
  | { to: 'feed'; store: string | undefined; change: FeedChange }
  /** Into headquarters' own log. */
  | { to: 'log'; event: OwnRightEvent };

export type Decision =
  { ok: true; writes: readonly RightWrite[] } | { ok: false; code: ErrorCode; message: string };

export type Holder = { store: string; gateway: string };

export const DONE: Decision = { ok: true, writes: [] };

export function takeWrite(book: PoolBook, write: RightWrite): void {
  if (write.to === 'feed') book.takeChange(write.store, write.change);
  else book.takeOwn(book.life, write.event);
}

/** There is `amount` of the pool in all, what was spent included. */
export function decideSupply(book: PoolBook, pool: string, amount: number): Decision {
  const state = book.pool(pool);
  if (state?.supply === amount) return DONE;
  const outstanding = state?.outstanding() ?? 0;
  if (amount < outstanding) {
    const message = `${outstanding} of ${pool} are handed out or spent; a supply of ${amount} is less.`;
    return refuse('RIGHTS_OUTSTANDING', message);
  }
  const document = { pool, amount };
  const change = { op: 'put', collection: 'supply', id: pool, document } as const;
  return { ok: true, writes: [{ to: 'feed', store: undefined, change }] };
}

export type IssueAsked = {
  grantId: string;
  pool: string;
  holder: Holder;
  amount: number;
  expiresAt?: string | undefined;
};

/** Hands out a part. Whether the holder is enrolled is the caller's to know. */
export function decideIssue(book: PoolBook, asked: IssueAsked): Decision {
  const { grantId, pool, holder, amount, expiresAt } = asked;
  const grant: Grant = {
    ...{ grantId, holder: holder.gateway, pool, amount },
    ...(expiresAt !== undefined && { expiresAt }),
  };
  const known = book.poolOfGrant(grantId);
  if (known !== undefined) {
    const held = known.grantOf(grantId);
    const isSame =
      known.pool === pool &&
      held?.holder === holderName(holder) &&
      held.amount === amount &&
      held.expiresAt === expiresAt;
    return isSame ? DONE : refuse('RIGHTS_ID_TAKEN', `There is another grant ${grantId}.`);
  }
  const isOurs = [OWN_RECALL_PREFIX, `${ONLINE_HOLDER}.`].some((name) => grantId.startsWith(name));
  if (grantId === OWN_GRANT || isOurs) {
    return refuse('RIGHTS_ID_TAKEN', `${grantId} is a name of Tillgate's own.`);
  }
  if (book.isFenced(holderName(holder))) {
    return refuse('RIGHTS_HOLDER_FENCED', `${holderName(holder)} is fenced.`);
  }
  const lacking = lackingOf(book.pool(pool), pool, amount);
  return lacking ?? { ok: true, writes: [grantWrite(holder.store, grant)] };
}

/** The same id again, of a grant that is at rest and that the book does not name any more. */
export function decideIssueAgain(atRest: GrantAtRest, asked: IssueAsked): Decision {
  const { store, gateway } = asked.holder;
  const isSame =
    atRest.pool === asked.pool &&
    atRest.store === store &&
    atRest.gateway === gateway &&
    atRest.amount === asked.amount &&
    atRest.ends === endSeconds(asked.expiresAt);
  return isSame ? DONE : refuse('RIGHTS_ID_TAKEN', `There was another grant ${asked.grantId}.`);
}

/** Asks a store for what is left of a grant; of headquarters' own grants it is at hand. */
export function decideRecall(book: PoolBook, grantId: string): Decision {
  const pool = book.poolOfGrant(grantId);
  const held = pool?.grantOf(grantId);
  if (pool === undefined || held?.document === undefined) {
    return refuse('RIGHTS_GRANT_UNKNOWN', `There is no grant ${grantId}.`);
  }
  if (held.isRecalled || pool.isSettled(held)) return DONE;
  if (held.holder === book.online) return { ok: true, writes: [takenBack(pool, held)] };
  const [store, gateway] = held.holder.split('/');
  // Of an earlier life of headquarters: nobody can tell what is left of it.
  if (store === undefined || gateway === undefined) return DONE;
  return { ok: true, writes: [grantWrite(store, { ...held.document, recall: true })] };
}

/** Asks a gateway for what it earned itself of a pool; `unique` makes it one question. */
export function askForOwn(pool: string, { store, gateway }: Holder, unique: string): RightWrite {
  const grantId = `${OWN_RECALL_PREFIX}${unique}`;
  return grantWrite(store, { grantId, holder: gateway, pool, amount: 1, recall: true });
}

/** Takes headquarters' own rests back, as far as `amount` needs them. */
export function decideTakeBack(book: PoolBook, pool: PoolState, amount: number): RightWrite[] {
  const writes: RightWrite[] = [];
  let lacking = amount - Math.max(0, pool.available());
  for (const { grantId, amount: rest } of pool.parts(book.online)) {
    if (lacking <= 0) break;
    const taken = grantId === OWN_GRANT ? Math.min(rest, lacking) : rest;
    const event = { event: 'takenBack', grantId, pool: pool.pool, amount: taken } as const;
    writes.push({ to: 'log', event });
    lacking -= taken;
  }
  return writes;
}

/** What others than `holder` hold and may be asked for, the largest rests first. */
export function recallable(book: PoolBook, pool: PoolState, holder: string): HeldGrant[] {
  const open = [...pool.grants()].filter(
    (held) =>
      held.document !== undefined &&
      held.holder.includes('/') &&
      held.holder !== holder &&
      !held.isRecalled &&
      !pool.isSettled(held) &&
      held.amount > held.drawn &&
      !book.isFenced(held.holder),
  );
  return open.sort((a, b) => b.amount - b.drawn - (a.amount - a.drawn));
}

/** Frees what a dead gateway held. */
export function decideFence(
  book: PoolBook,
  { store, gateway }: Holder,
  why: { by: string; reason: string },
): Decision {
  if (book.isFenced(`${store}/${gateway}`)) return DONE;
  return { ok: true, writes: [{ to: 'log', event: { event: 'fenced', store, gateway, ...why } }] };
}

/** The refusal where the pool has not `amount` left; undefined where it has. */
export function lackingOf(
  state: PoolState | undefined,
  pool: string,
  amount: number,
): Decision | undefined {
  const available = Math.max(0, state?.available() ?? 0);
  if (state === undefined || (state.supply === undefined && available === 0)) {
    return refuse('RIGHTS_POOL_UNKNOWN', `There is no supply of ${pool}.`);
  }
  if (amount <= available) return undefined;
  return refuse('RIGHTS_EXCEED_SUPPLY', `${available} of ${pool} are left, not ${amount}.`);
}

export function grantWrite(store: string | undefined, grant: Grant): RightWrite {
  const change = { op: 'put', collection: 'grant', id: grant.grantId, document: grant } as const;
  return { to: 'feed', store, change };
}

export function refuse(code: ErrorCode, message: string): Decision & { ok: false } {
  return { ok: false, code, message };
}

export function holderName({ store, gateway }: Holder): string {
  return `${store}/${gateway}`;
}

function takenBack({ pool }: PoolState, { grantId, amount, drawn }: HeldGrant): RightWrite {
  return { to: 'log', event: { event: 'takenBack', grantId, pool, amount: amount - drawn } };
}
