/**
 * What an entry of the log changes in the rows of rights. The running gateway, the recovery of an
 * earlier log and the doctor all go through here, so the same entries lead to the same rows.
 *
 * Amounts are sums, and what is counted once has its mark (a grant's receipt, a code, a reservation),
 * so entries of different logs may come back in any order. A transaction is counted once by its id,
 * which the caller sees to. What describes the present (terms, frozen or not) counts from the log
 * that goes on, never from one that comes back.
 */
import type { Grant } from '../feed/right-documents.ts';
import { couponOfPool } from './pool.ts';
import { OWN_GRANT, OWN_RECALL_PREFIX } from './right-entries.ts';
import type { Drawn, RightCredit, RightDebit, RightEvent } from './right-entries.ts';
import type { RightsDraft } from './rights-draft.ts';
import type { GrantRow } from './rights-view.ts';

export function foldDebits(debits: readonly RightDebit[], draft: RightsDraft): void {
  for (const { pool, from, by } of debits) {
    draw(pool, from, draft);
    const coupon = couponOfPool(pool);
    if (coupon?.code !== undefined) draft.putUse(coupon.couponId, coupon.code, by);
  }
}

export function foldCredits(credits: readonly RightCredit[], draft: RightsDraft): void {
  for (const { pool, amount } of credits) {
    const own = ownGrant(pool, draft);
    draft.putGrant({
      ...own,
      amount: clamped(own.amount + Math.max(0, amount)),
      left: clamped(own.left + amount),
    });
  }
}

/** `isPast` where the log that says it is not the one that goes on. */
export function foldEvent(event: RightEvent, draft: RightsDraft, isPast = false): void {
  switch (event.event) {
    case 'received':
      received(event.grant, draft);
      return;
    case 'returned':
      returned(event, draft);
      return;
    case 'held':
      held(event, draft);
      return;
    case 'released':
      settled(event, 'released', draft);
      return;
    case 'collected':
      settled(event, 'collected', draft);
      return;
    case 'terms':
      if (isPast && draft.terms(event.couponId) !== undefined) return;
      draft.putTerms(event.couponId, event.terms);
      return;
    case 'frozen':
      if (!isPast) draft.putState({ frozen: event.reason });
      return;
    case 'thawed':
      if (!isPast) draft.putState({ frozen: null });
      return;
    // Asked of headquarters, or said by it: no balance here changes by that.
    case 'requested':
    case 'compensation':
  }
}

/** Headquarters' time in an anchor; it never goes back here, whatever its clock does. */
export function foldAnchor(timeSeconds: number, draft: RightsDraft): void {
  if (timeSeconds > draft.state().anchorSeconds) draft.putState({ anchorSeconds: timeSeconds });
}

function received(grant: Grant, draft: RightsDraft): void {
  const { pool, grantId, amount } = grant;
  const known = draft.grant(pool, grantId);
  if (known !== undefined && known.amount > 0) return;
  const row = known ?? emptyGrant(pool, grantId);
  const expiresAtMs = grant.expiresAt === undefined ? null : timeMs(grant.expiresAt);
  draft.putGrant({ ...row, amount, left: clamped(row.left + amount), expiresAtMs });
  draft.putRequest(pool, null);
}

function returned(event: Extract<RightEvent, { event: 'returned' }>, draft: RightsDraft): void {
  const { pool, grantId, amount } = event;
  if (grantId === OWN_GRANT) {
    const own = ownGrant(pool, draft);
    draft.putGrant({
      ...own,
      left: clamped(own.left - newlyReturned(event, draft)),
    });
    return;
  }
  const row = draft.grant(pool, grantId) ?? emptyGrant(pool, grantId);
  if (!row.isClosed) draft.putGrant({ ...row, left: clamped(row.left - amount), isClosed: true });
}

/**
 * What an answer to a recall gives back beyond what was said of it before: nothing where it is said
 * again. Copies of one log may answer differently; the larger answer counts, in whatever order they
 * come. A row of its own remembers it.
 */
function newlyReturned(
  { recall, pool, amount }: Extract<RightEvent, { event: 'returned' }>,
  draft: RightsDraft,
): number {
  if (recall === undefined) return amount;
  const grantId = recall.startsWith(OWN_RECALL_PREFIX) ? recall : `${OWN_RECALL_PREFIX}${recall}`;
  const before = draft.grant(pool, grantId)?.amount ?? 0;
  const most = Math.max(before, amount);
  draft.putGrant({ ...emptyGrant(pool, grantId), amount: most, isClosed: true });
  return most - before;
}

function held(
  { reservationId, pool, amount, from, until }: Extract<RightEvent, { event: 'held' }>,
  draft: RightsDraft,
): void {
  const known = draft.reservation(reservationId);
  if (known?.isDrawn === true) return;
  draw(pool, from, draft);
  const state = known?.state ?? 'held';
  const rest = { reservationId, pool, amount, until: until ?? null };
  draft.putReservation({ ...rest, state, isDrawn: true });
}

function settled(
  { reservationId, pool, amount }: Extract<RightEvent, { event: 'released' | 'collected' }>,
  state: 'released' | 'collected',
  draft: RightsDraft,
): void {
  const known = draft.reservation(reservationId);
  if (known !== undefined && known.state !== 'held') return;
  const row = known ?? { reservationId, pool, amount, until: null, isDrawn: false };
  draft.putReservation({ ...row, state });
  if (state === 'released') foldCredits([{ pool, amount }], draft);
}

function draw(pool: string, from: readonly Drawn[], draft: RightsDraft): void {
  for (const { grantId, amount } of from) {
    const row = draft.grant(pool, grantId) ?? emptyGrant(pool, grantId);
    draft.putGrant({ ...row, left: clamped(row.left - amount) });
  }
}

function ownGrant(pool: string, draft: RightsDraft): GrantRow {
  return draft.grant(pool, OWN_GRANT) ?? emptyGrant(pool, OWN_GRANT);
}

function emptyGrant(pool: string, grantId: string): GrantRow {
  return { pool, grantId, amount: 0, left: 0, expiresAtMs: null, isClosed: false };
}

/** A time that is none is past: what cannot be understood is worth nothing. */
function timeMs(text: string): number {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? 0 : ms;
}

/** New amounts are checked before they are written; what an entry says is taken as far as it goes. */
function clamped(amount: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(Number.MIN_SAFE_INTEGER, amount));
}
