/**
 * What happens to a holder's rights outside of a sale: grants come, are recalled and are given back;
 * the terms of coupons come in force; reservations are held, released and collected; all of it is
 * frozen while the log lacks something, and thawed. Pure: rows in, entries and rows out.
 *
 * Everything may be asked again: the same again is done already and says nothing new. While rights
 * are frozen nothing is given back, because what the log lacks may have spent it.
 */
import { canonicalJson } from '../json/canonical.ts';
import type { Grant } from '../feed/right-documents.ts';
import { foldEvent } from './fold-rights.ts';
import { OWN_GRANT, OWN_RECALL_PREFIX } from './right-entries.ts';
import type { CouponTerms, RightEvent } from './right-entries.ts';
import { RightsDraft } from './rights-draft.ts';
import type { ReservationRow, RightsView, RightsWrites } from './rights-view.ts';
import { drawn, spendable } from './spend-rights.ts';
import type { RIGHT_CODES } from './right-codes.ts';

export type RightCode = keyof typeof RIGHT_CODES;

export type RightsChange =
  /** A grant as the store's feed has it: taken in, and given back once it is recalled. */
  | { type: 'grant'; grant: Grant }
  /** Null where the coupon was taken away. */
  | { type: 'terms'; couponId: string; terms: CouponTerms | null }
  | { type: 'hold'; reservationId: string; pool: string; amount: number; until?: string }
  | { type: 'release'; reservationId: string; reason: 'cancelled' | 'expired' }
  | { type: 'collect'; reservationId: string }
  /** Asks headquarters for rights that somebody here wants. */
  | { type: 'request'; pool: string; amount: number }
  | { type: 'freeze' | 'thaw'; reason: string };

export type RightsOutcome =
  | {
      state: 'done';
      /** What the log has to say, in order; empty where it was said before. */
      events: RightEvent[];
      writes: RightsWrites;
      /** Of hold, release and collect. */
      reservation?: ReservationRow;
      /** What may still be spent of the pool; of hold, release and collect. */
      left?: number;
    }
  | { state: 'refused'; code: RightCode; message: string; left?: number };

/** A pool that is asked for is asked for again after this, unless a grant of it came. */
export const REQUEST_INTERVAL_MS = 600_000;

export function change(wanted: RightsChange, view: RightsView, nowMs: number): RightsOutcome {
  const draft = new RightsDraft(view);
  switch (wanted.type) {
    case 'grant':
      return takeGrant(wanted.grant, draft);
    case 'terms':
      return takeTerms(wanted.couponId, wanted.terms, draft);
    case 'hold':
      return hold(wanted, draft);
    case 'release':
      return settle({ ...wanted, to: 'released' }, draft);
    case 'collect':
      return settle({ ...wanted, to: 'collected' }, draft);
    case 'request': {
      const events = request([wanted], { draft, nowMs });
      return { state: 'done', events, writes: draft.writes() };
    }
    case 'freeze':
      return freeze(wanted.reason, draft);
    case 'thaw':
      return draft.state().frozen === null
        ? done([], draft)
        : done([{ event: 'thawed', reason: wanted.reason }], draft);
  }
}

/** What the log says so that headquarters sends rights, for each pool at most so often. */
export function request(
  lacks: readonly { pool: string; amount: number }[],
  { draft, nowMs }: { draft: RightsDraft; nowMs: number },
): RightEvent[] {
  const events: RightEvent[] = [];
  for (const { pool, amount } of lacks) {
    const known = draft.request(pool);
    // A clock that was set back must not silence a request for years.
    if (known !== undefined && Math.abs(nowMs - known.atMs) < REQUEST_INTERVAL_MS) continue;
    draft.putRequest(pool, { pool, amount, atMs: nowMs });
    events.push({ event: 'requested', pool, amount });
  }
  return events;
}

function takeGrant(grant: Grant, draft: RightsDraft): RightsOutcome {
  const { pool, grantId } = grant;
  const isKnown = (draft.grant(pool, grantId)?.amount ?? 0) > 0;
  const isOwn = !isKnown && isOwnRecall(grant);
  const events: RightEvent[] = [];
  if (!isOwn && !isKnown) events.push(noted({ event: 'received', grant: asGiven(grant) }, draft));
  if (grant.recall !== true || draft.grant(pool, grantId)?.isClosed === true) {
    return said(events, draft);
  }
  const { frozen } = draft.state();
  if (frozen !== null) {
    const message = `${grantId} cannot be given back while rights are frozen (${frozen}).`;
    return { state: 'refused', code: 'RIGHTS_FROZEN', message };
  }
  if (!isOwn) events.push(noted(returnOf(grantId, pool, draft), draft));
  const earned = { ...returnOf(OWN_GRANT, pool, draft), recall: grantId };
  // What was earned here goes along, or nobody else could ever spend it.
  if (isOwn || earned.amount > 0) events.push(noted(earned, draft));
  return said(events, draft);
}

function isOwnRecall({ grantId, recall }: Grant): boolean {
  return recall === true && grantId.startsWith(OWN_RECALL_PREFIX);
}

/** What has expired is headquarters' by the anchor that says so, and is not given a second time. */
function returnOf(
  grantId: string,
  pool: string,
  draft: RightsDraft,
): Extract<RightEvent, { event: 'returned' }> {
  const row = draft.grant(pool, grantId);
  const anchorMs = draft.state().anchorSeconds * 1_000;
  const expiresAtMs = row?.expiresAtMs ?? null;
  const isExpired = expiresAtMs !== null && anchorMs >= expiresAtMs;
  const amount = row === undefined || isExpired ? 0 : Math.max(0, row.left);
  return { event: 'returned', grantId, pool, amount };
}

/** The recall is no part of what was received. */
function asGiven({ grantId, holder, pool, amount, expiresAt }: Grant): Grant {
  return { grantId, holder, pool, amount, ...(expiresAt !== undefined && { expiresAt }) };
}

function takeTerms(couponId: string, terms: CouponTerms | null, draft: RightsDraft): RightsOutcome {
  const known = draft.terms(couponId);
  if (known === undefined && terms === null) return done([], draft);
  if (known !== undefined && canonical(known) === canonical(terms)) return done([], draft);
  return done([{ event: 'terms', couponId, terms }], draft);
}

function hold(wanted: Extract<RightsChange, { type: 'hold' }>, draft: RightsDraft): RightsOutcome {
  const { reservationId, pool, amount, until } = wanted;
  const known = draft.reservation(reservationId);
  if (known !== undefined) {
    if (known.pool !== pool || known.amount !== amount) {
      const message = `The reservation ${reservationId} is of ${known.amount} of ${known.pool}.`;
      return { state: 'refused', code: 'RESERVATION_CONFLICT', message };
    }
    return about(known, [], draft);
  }
  const { frozen } = draft.state();
  if (frozen !== null) {
    const message = `Rights are frozen at this gateway (${frozen}).`;
    return { state: 'refused', code: 'RIGHTS_FROZEN', message };
  }
  const from = drawn(pool, amount, draft);
  if (from === undefined) {
    const left = spendable(pool, draft);
    const message = `${amount} of ${pool} are asked for, and ${left} may be promised here.`;
    return { state: 'refused', code: 'RIGHTS_LACKING', message, left };
  }
  const rest = until === undefined ? {} : { until };
  const event = { event: 'held', reservationId, pool, amount, from, ...rest } as const;
  return about(reservationId, [noted(event, draft)], draft);
}

function settle(
  wanted: { reservationId: string; to: 'released' | 'collected'; reason?: 'cancelled' | 'expired' },
  draft: RightsDraft,
): RightsOutcome {
  const { reservationId, to, reason = 'cancelled' } = wanted;
  const known = draft.reservation(reservationId);
  if (known === undefined) {
    const message = `There is no reservation ${reservationId} here.`;
    return { state: 'refused', code: 'RESERVATION_UNKNOWN', message };
  }
  if (known.state === to) return about(known, [], draft);
  if (known.state !== 'held') {
    const message = `The reservation ${reservationId} is ${known.state} already.`;
    return { state: 'refused', code: 'RESERVATION_SETTLED', message };
  }
  const { pool, amount } = known;
  const parts = { reservationId, pool, amount };
  const event: RightEvent =
    to === 'released' ? { event: to, ...parts, reason } : { event: to, ...parts };
  return about(reservationId, [noted(event, draft)], draft);
}

function freeze(reason: string, draft: RightsDraft): RightsOutcome {
  return draft.state().frozen === null
    ? done([{ event: 'frozen', reason }], draft)
    : done([], draft);
}

function about(
  reservation: ReservationRow | string,
  events: RightEvent[],
  draft: RightsDraft,
): RightsOutcome {
  const row = typeof reservation === 'string' ? draft.reservation(reservation) : reservation;
  const outcome = said(events, draft);
  if (row === undefined) return outcome;
  return { ...outcome, reservation: row, left: spendable(row.pool, draft) };
}

function done(events: RightEvent[], draft: RightsDraft): RightsOutcome {
  for (const event of events) foldEvent(event, draft);
  return said(events, draft);
}

function noted(event: RightEvent, draft: RightsDraft): RightEvent {
  foldEvent(event, draft);
  return event;
}

function said(events: RightEvent[], draft: RightsDraft): Extract<RightsOutcome, { state: 'done' }> {
  return { state: 'done', events, writes: draft.writes() };
}

function canonical(terms: CouponTerms | null): string {
  return canonicalJson(terms);
}
