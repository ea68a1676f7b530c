/**
 * Whether a transaction may spend what it asks for, decided from what this holder has and nothing
 * else: no partition, crash or copy elsewhere makes the sum of what is spent larger than what was
 * handed out. All of it or nothing.
 *
 * Grants go in the order in which they expire, so that little is lost; what was earned here goes
 * last, because it never expires. A single-use code needs a right of its own, or room in the
 * coupon's policy for codes without one.
 */
import { problem } from '../transaction/problem.ts';
import type { Problem } from '../transaction/problem.ts';
import { foldCredits, foldDebits } from './fold-rights.ts';
import { couponOfPool, couponPool } from './pool.ts';
import { OWN_GRANT } from './right-entries.ts';
import type {
  CouponTerms,
  Drawn,
  RightDebit,
  RightsAsked,
  TransactionRights,
} from './right-entries.ts';
import { RightsDraft } from './rights-draft.ts';
import type { GrantRow, RightsState, RightsView, RightsWrites } from './rights-view.ts';

export type SpendVerdict =
  | {
      verdict: 'granted';
      /** Undefined where nothing of what was asked is counted. */
      rights: TransactionRights | undefined;
      writes: RightsWrites;
    }
  | {
      verdict: 'refused';
      problems: Problem[];
      /** What headquarters may help with. */
      lacks: { pool: string; amount: number }[];
    };

type Debit = RightsAsked['debits'][number];

/** What one debit comes to: it is not counted, it may not be, or it is drawn. */
type Considered =
  | { outcome: 'free' }
  | { outcome: 'refused'; problem: Problem; lacks?: { pool: string; amount: number } }
  | { outcome: 'drawn'; debit: Omit<RightDebit, 'left'> };

export function spend(asked: RightsAsked, view: RightsView): SpendVerdict {
  const draft = new RightsDraft(view);
  const debits: RightDebit[] = [];
  const problems: Problem[] = [];
  const lacks: { pool: string; amount: number }[] = [];
  for (const wanted of asked.debits) {
    const considered = consider(wanted, draft);
    if (considered.outcome === 'refused') {
      problems.push(considered.problem);
      if (considered.lacks !== undefined) lacks.push(considered.lacks);
    } else if (considered.outcome === 'drawn') {
      const debit = { ...considered.debit, left: 0 };
      foldDebits([debit], draft);
      debits.push({ ...debit, left: spendable(debit.pool, draft) });
    }
  }
  const credits = asked.credits.map(({ pool, amount }) => ({ pool, amount }));
  problems.push(...credits.flatMap((credit) => tooMany(credit, draft)));
  if (problems.length > 0) return { verdict: 'refused', problems, lacks };
  foldCredits(credits, draft);
  const isNothing = debits.length === 0 && credits.length === 0;
  const rights = isNothing ? undefined : { debits, credits };
  return { verdict: 'granted', rights, writes: draft.writes() };
}

/** What may be spent of a pool here and now, leaving aside whether anything may. */
export function spendable(pool: string, view: RightsView): number {
  const sum = view.openGrants(pool).reduce((total, { left }) => total + left, 0);
  return Math.min(sum, Number.MAX_SAFE_INTEGER);
}

/** From which grants an amount would be taken; undefined where they do not hold it. */
export function drawn(pool: string, amount: number, view: RightsView): Drawn[] | undefined {
  const from: Drawn[] = [];
  let missing = amount;
  for (const { grantId, left } of view.openGrants(pool).toSorted(inOrderOfSpending)) {
    if (missing === 0) break;
    const part = Math.min(missing, left);
    from.push({ grantId, amount: part });
    missing -= part;
  }
  return missing === 0 ? from : undefined;
}

/** By headquarters' time in the log, so that headquarters knows it too when it holds that anchor. */
function isPast(endMs: number | null, { anchorSeconds }: RightsState): boolean {
  return endMs !== null && anchorSeconds * 1_000 >= endMs;
}

function inOrderOfSpending(a: GrantRow, b: GrantRow): number {
  const rank = ({ grantId, expiresAtMs }: GrantRow): number =>
    grantId === OWN_GRANT ? Infinity : (expiresAtMs ?? Number.MAX_SAFE_INTEGER);
  const [first, second] = [rank(a), rank(b)];
  if (first !== second) return first < second ? -1 : 1;
  return a.grantId < b.grantId ? -1 : 1;
}

function consider(wanted: Debit, draft: RightsDraft): Considered {
  const coupon = couponOfPool(wanted.pool);
  if (coupon === undefined) return considerPool(wanted, draft);
  return considerCoupon({ ...coupon, path: wanted.path }, draft);
}

function considerPool({ pool, amount, path }: Debit, draft: RightsDraft): Considered {
  if (draft.state().frozen !== null) return frozen(path, draft.state().frozen);
  const from = drawn(pool, amount, draft);
  if (from === undefined) return lacking({ pool, amount, path }, draft);
  return { outcome: 'drawn', debit: { pool, amount, from, by: 'grant' } };
}

type NamedCoupon = { couponId: string; code?: string; path: string };

function considerCoupon(coupon: NamedCoupon, draft: RightsDraft): Considered {
  const { couponId, code, path } = coupon;
  const terms = draft.terms(couponId) ?? null;
  if (terms === null) {
    return refused('COUPON_UNKNOWN', path, `No coupon ${couponId} is in force here.`);
  }
  if (terms.to !== undefined && isPast(endOf(terms.to), draft.state())) {
    return refused('COUPON_EXPIRED', path, `The coupon ${couponId} was over at ${terms.to}.`);
  }
  if (terms.singleUse !== true) {
    if (terms.cap === undefined) return { outcome: 'free' };
    return considerPool({ pool: couponPool(couponId), amount: 1, path }, draft);
  }
  if (code === undefined) {
    return refused('COUPON_CODE_NEEDED', path, `Each code of ${couponId} counts once.`);
  }
  return considerCode({ couponId, code, path }, terms, draft);
}

function considerCode(
  { couponId, code, path }: Required<NamedCoupon>,
  terms: CouponTerms,
  draft: RightsDraft,
): Considered {
  if (draft.codeUse(couponId, code) !== undefined) {
    return refused('COUPON_USED', path, `The code ${code} of ${couponId} was used here before.`);
  }
  const { frozen: reason } = draft.state();
  if (reason !== null) return frozen(path, reason);
  const pool = couponPool(couponId, code);
  const from = drawn(pool, 1, draft);
  if (from !== undefined) {
    return { outcome: 'drawn', debit: { pool, amount: 1, from, by: 'grant' } };
  }
  if (draft.policyUses(couponId) < terms.withoutGrant) {
    return { outcome: 'drawn', debit: { pool, amount: 1, from: [], by: 'policy' } };
  }
  return lacking({ pool, amount: 1, path }, draft);
}

function endOf(to: string): number {
  const ms = Date.parse(to);
  return Number.isNaN(ms) ? 0 : ms;
}

function lacking({ pool, amount, path }: Debit, draft: RightsDraft): Considered {
  const left = spendable(pool, draft);
  const message = `${amount} of ${pool} are asked for, and ${left} may be spent at this gateway.`;
  const details = { expected: left, got: amount, message };
  return {
    outcome: 'refused',
    problem: problem('RIGHTS_LACKING', path, details),
    lacks: { pool, amount: amount - left },
  };
}

function frozen(path: string, reason: string | null): Considered {
  return refused('RIGHTS_FROZEN', path, `Rights are frozen at this gateway (${String(reason)}).`);
}

function refused(
  code: Problem['code'],
  path: string,
  message: string,
): Extract<Considered, { outcome: 'refused' }> {
  return { outcome: 'refused', problem: problem(code, path, { message }) };
}

function tooMany(
  { pool, amount }: { pool: string; amount: number },
  draft: RightsDraft,
): Problem[] {
  const own = draft.grant(pool, OWN_GRANT);
  const most = Math.max(own?.amount ?? 0, own?.left ?? 0);
  if (Number.isSafeInteger(most + amount)) return [];
  const message = `With ${amount} more the balance of ${pool} cannot be counted any more.`;
  return [problem('RIGHTS_TOO_MANY', '', { got: amount, message })];
}
