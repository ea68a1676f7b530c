/**
 * Goal: a holder never spends more than it was given and earned, whatever is asked in whatever
 * order; and its rows are what its log says, also when parts of the log come back in another order.
 * Method: small cases, and random lives of a holder whose entries are kept and added up by hand.
 */
import fc from 'fast-check';
import t from 'tap';
import { foldAnchor, foldCredits, foldDebits, foldEvent } from './fold-rights.ts';
import { REQUEST_INTERVAL_MS, change, request } from './holder.ts';
import { OWN_RECALL_PREFIX } from './right-entries.ts';
import type { RightsChange, RightsOutcome } from './holder.ts';
import { couponPool, pointsPool } from './pool.ts';
import type { RightEvent, TransactionRights } from './right-entries.ts';
import { RightsDraft } from './rights-draft.ts';
import { NO_RIGHTS } from './rights-view.ts';
import type { RightsView, RightsWrites } from './rights-view.ts';
import { spend, spendable } from './spend-rights.ts';
import type { SpendVerdict } from './spend-rights.ts';

const POOL = pointsPool('m-1');

type Said =
  RightEvent | { event: 'spent'; rights: TransactionRights } | { event: 'anchor'; at: number };

/** A holder in memory that keeps what its log says. */
class Holder {
  readonly rows = new RightsDraft(NO_RIGHTS);
  readonly log: Said[] = [];

  change(wanted: RightsChange, nowMs = 0): RightsOutcome {
    const outcome = change(wanted, this.rows, nowMs);
    if (outcome.state === 'done') {
      write(outcome.writes, this.rows);
      this.log.push(...outcome.events);
    }
    return outcome;
  }

  spend(pool: string, amount: number, credits: TransactionRights['credits'] = []): SpendVerdict {
    const debits = amount === 0 ? [] : [{ pool, amount, path: '/tenders/0' }];
    const verdict = spend({ debits, credits }, this.rows);
    if (verdict.verdict === 'granted') {
      write(verdict.writes, this.rows);
      if (verdict.rights !== undefined) this.log.push({ event: 'spent', rights: verdict.rights });
    }
    return verdict;
  }

  anchor(at: number): void {
    foldAnchor(at, this.rows);
    this.log.push({ event: 'anchor', at });
  }

  grant(...of: Parameters<typeof given>): void {
    this.change(given(...of));
  }
}

function given(
  grantId: string,
  amount: number,
  rest: { expiresAt?: string; recall?: true } = {},
): RightsChange {
  return { type: 'grant', grant: { grantId, holder: 'g1', pool: POOL, amount, ...rest } };
}

function write(writes: RightsWrites, rows: RightsDraft): void {
  for (const row of writes.grants) rows.putGrant(row);
  for (const { couponId, terms } of writes.terms) rows.putTerms(couponId, terms);
  for (const { couponId, code, by } of writes.uses) rows.putUse(couponId, code, by);
  for (const row of writes.reservations) rows.putReservation(row);
  for (const { pool, row } of writes.requests) rows.putRequest(pool, row);
  if (writes.state !== undefined) rows.putState(writes.state);
}

function folded(log: readonly Said[], isPast = false): RightsView {
  const rows = new RightsDraft(NO_RIGHTS);
  for (const said of log) {
    if (said.event === 'spent') {
      foldDebits(said.rights.debits, rows);
      foldCredits(said.rights.credits, rows);
    } else if (said.event === 'anchor') {
      foldAnchor(said.at, rows);
    } else {
      foldEvent(said, rows, isPast);
    }
  }
  return rows;
}

const codesOf = (verdict: SpendVerdict): string[] =>
  verdict.verdict === 'granted' ? [] : verdict.problems.map(({ code }) => code);

void t.test('what expires first goes first, what was earned here goes last', (t) => {
  const holder = new Holder();
  holder.spend(POOL, 0, [{ pool: POOL, amount: 5 }]);
  holder.grant('late', 10, { expiresAt: '2026-06-01T00:00:00Z' });
  holder.grant('soon', 3, { expiresAt: '2026-05-01T00:00:00Z' });
  holder.grant('ever', 4);
  const verdict = holder.spend(POOL, 18);
  t.match(verdict, {
    rights: {
      debits: [
        {
          from: [
            { grantId: 'soon', amount: 3 },
            { grantId: 'late', amount: 10 },
            { grantId: 'ever', amount: 4 },
            { grantId: 'own', amount: 1 },
          ],
          left: 4,
        },
      ],
    },
  });
  const lacking = holder.spend(POOL, 5);
  t.same(codesOf(lacking), ['RIGHTS_LACKING']);
  t.match(lacking, {
    problems: [{ path: '/tenders/0', expected: 4, got: 5 }],
    lacks: [{ pool: POOL, amount: 1 }],
  });
  t.equal(spendable(POOL, holder.rows), 4, 'nothing is taken by a refusal');
  t.end();
});

void t.test('an anchor past the end ends a grant, and it is not given back as well', (t) => {
  const holder = new Holder();
  holder.grant('g', 10, { expiresAt: '2026-05-01T00:00:00Z' });
  const end = Date.parse('2026-05-01T00:00:00Z') / 1_000;
  holder.anchor(end - 1);
  t.same(codesOf(holder.spend(POOL, 1)), []);
  holder.anchor(end);
  holder.anchor(end - 5);
  t.same(codesOf(holder.spend(POOL, 1)), ['RIGHTS_LACKING']);
  holder.grant('g', 10, { expiresAt: '2026-05-01T00:00:00Z', recall: true });
  t.match(holder.log.at(-1), { event: 'returned', amount: 0 });
  t.end();
});

void t.test('a recall gives back what is left, once, and not while rights are frozen', (t) => {
  const holder = new Holder();
  holder.grant('g', 10);
  holder.spend(POOL, 4, [{ pool: POOL, amount: 7 }]);
  holder.change({ type: 'freeze', reason: 'rolledBack' });
  t.same(codesOf(holder.spend(POOL, 1)), ['RIGHTS_FROZEN']);
  const recalled = { grantId: 'g', holder: 'g1', pool: POOL, amount: 10, recall: true } as const;
  t.match(holder.change({ type: 'grant', grant: recalled }), { code: 'RIGHTS_FROZEN' });
  holder.change({ type: 'thaw', reason: 'recovered' });
  holder.grant('g', 10, { recall: true });
  holder.grant('g', 10, { recall: true });
  holder.grant(`${OWN_RECALL_PREFIX}1`, 1, { recall: true });
  holder.grant(`${OWN_RECALL_PREFIX}1`, 1, { recall: true });
  t.same(
    holder.log.filter(({ event }) => event === 'returned'),
    [
      { event: 'returned', grantId: 'g', pool: POOL, amount: 6 },
      { event: 'returned', grantId: 'own', pool: POOL, amount: 7, recall: 'g' },
      { event: 'returned', grantId: 'own', pool: POOL, amount: 0, recall: 'own:1' },
    ],
  );
  t.same(codesOf(holder.spend(POOL, 1)), ['RIGHTS_LACKING']);
  holder.spend(POOL, 0, [{ pool: POOL, amount: 2 }]);
  t.same(codesOf(holder.spend(POOL, 2)), [], 'what is earned afterwards is there');
  t.end();
});

void t.test('what is carried over into a later log counts once', (t) => {
  const holder = new Holder();
  holder.grant('g', 10);
  holder.spend(POOL, 4, [{ pool: POOL, amount: 7 }]);
  holder.change({ type: 'hold', reservationId: 'r', pool: POOL, amount: 2 });
  holder.change({ type: 'release', reservationId: 'r', reason: 'cancelled' });
  holder.grant('g', 10, { recall: true });
  holder.spend(POOL, 0, [{ pool: POOL, amount: 3 }]);
  const left = spendable(POOL, holder.rows);
  t.equal(left, 3);
  for (const said of holder.log) {
    if (said.event === 'spent' || said.event === 'anchor') continue;
    foldEvent(said, holder.rows);
    foldEvent(said, holder.rows, true);
  }
  t.equal(spendable(POOL, holder.rows), left);
  t.end();
});

void t.test('coupons: unknown, over, capped, single-use by grant and by policy', (t) => {
  const holder = new Holder();
  const terms = (couponId: string, of: { cap?: number; singleUse?: true; to?: string }, n = 0) =>
    holder.change({ type: 'terms', couponId, terms: { ...of, withoutGrant: n } });
  t.same(codesOf(holder.spend(couponPool('c'), 1)), ['COUPON_UNKNOWN']);
  terms('c', {});
  t.match(holder.spend(couponPool('c', 'any'), 1), { rights: undefined }, 'it is not counted');
  terms('c', { cap: 5 });
  t.same(codesOf(holder.spend(couponPool('c', 'any'), 1)), ['RIGHTS_LACKING']);
  holder.change({
    type: 'grant',
    grant: { grantId: 'gc', holder: 'g1', pool: couponPool('c'), amount: 1 },
  });
  t.match(holder.spend(couponPool('c', 'any'), 1), { rights: { debits: [{ pool: 'coupon:c' }] } });
  terms('s', { singleUse: true, to: '2026-05-01T00:00:00Z' }, 1);
  t.same(codesOf(holder.spend(couponPool('s'), 1)), ['COUPON_CODE_NEEDED']);
  t.match(holder.spend(couponPool('s', 'A'), 1), { rights: { debits: [{ by: 'policy' }] } });
  t.same(codesOf(holder.spend(couponPool('s', 'A'), 1)), ['COUPON_USED']);
  t.same(
    codesOf(holder.spend(couponPool('s', 'B'), 1)),
    ['RIGHTS_LACKING'],
    'the policy is used up',
  );
  holder.change({
    type: 'grant',
    grant: { grantId: 'gb', holder: 'g1', pool: couponPool('s', 'B'), amount: 1 },
  });
  t.match(holder.spend(couponPool('s', 'B'), 1), { rights: { debits: [{ by: 'grant' }] } });
  holder.anchor(Date.parse('2026-05-01T00:00:00Z') / 1_000);
  t.same(codesOf(holder.spend(couponPool('s', 'C'), 1)), ['COUPON_EXPIRED']);
  holder.change({ type: 'terms', couponId: 's', terms: null });
  t.same(codesOf(holder.spend(couponPool('s', 'C'), 1)), ['COUPON_UNKNOWN']);
  t.end();
});

void t.test('a reservation is held once, and ends once', (t) => {
  const holder = new Holder();
  holder.grant('g', 10);
  const hold = { type: 'hold', reservationId: 'r', pool: POOL, amount: 8 } as const;
  t.match(holder.change(hold), { reservation: { state: 'held' }, left: 2 });
  t.match(holder.change(hold), { events: [], left: 2 });
  t.match(holder.change({ ...hold, amount: 1 }), { code: 'RESERVATION_CONFLICT' });
  t.match(holder.change({ ...hold, reservationId: 'q' }), { code: 'RIGHTS_LACKING', left: 2 });
  const release = { type: 'release', reservationId: 'r', reason: 'expired' } as const;
  t.match(holder.change(release), { reservation: { state: 'released' }, left: 10 });
  t.match(holder.change(release), { events: [], left: 10 });
  t.match(holder.change({ type: 'collect', reservationId: 'r' }), { code: 'RESERVATION_SETTLED' });
  t.match(holder.change({ type: 'collect', reservationId: 'x' }), { code: 'RESERVATION_UNKNOWN' });
  t.match(holder.change({ ...hold, reservationId: 'p' }), { left: 2 });
  const collect = { type: 'collect', reservationId: 'p' } as const;
  t.match(holder.change(collect), { reservation: { state: 'collected' }, left: 2 });
  t.match(holder.change({ ...release, reservationId: 'p' }), { code: 'RESERVATION_SETTLED' });
  t.end();
});

void t.test('headquarters is asked at most so often, until a grant comes', (t) => {
  const { rows } = new Holder();
  const ask = (nowMs: number) =>
    request([{ pool: POOL, amount: 1 }], { draft: rows, nowMs }).length;
  t.equal(ask(1_000_000), 1);
  t.equal(ask(1_000_000 + REQUEST_INTERVAL_MS - 1), 0);
  t.equal(ask(1_000_000 + REQUEST_INTERVAL_MS), 1);
  t.equal(ask(0), 1, 'a clock that was set back silences nobody');
  foldEvent(
    { event: 'received', grant: { grantId: 'g', holder: 'g1', pool: POOL, amount: 1 } },
    rows,
  );
  t.equal(ask(1), 1);
  t.end();
});

/** A step of a random life: what is done, and with how much. */
const step = fc.record({
  what: fc.constantFrom('grant', 'spend', 'earn', 'hold', 'release', 'collect', 'recall', 'anchor'),
  id: fc.integer({ min: 0, max: 3 }),
  amount: fc.integer({ min: 1, max: 9 }),
});

const FIRST_END = Date.parse('2026-05-01T00:00:00Z') / 1_000;
const endOf = (id: number) => FIRST_END + id * 10;

function live(holder: Holder, { what, id, amount }: { what: string; id: number; amount: number }) {
  const expiresAt = id === 0 ? {} : { expiresAt: new Date(endOf(id) * 1_000).toISOString() };
  const reservationId = `r${id}`;
  const steps: Record<string, () => unknown> = {
    grant: () => holder.change(given(`g${id}`, 10 + id, expiresAt)),
    recall: () => holder.change(given(`g${id}`, 10 + id, { ...expiresAt, recall: true })),
    spend: () => holder.spend(POOL, amount),
    earn: () => holder.spend(POOL, 0, [{ pool: POOL, amount }]),
    hold: () => holder.change({ type: 'hold', reservationId, pool: POOL, amount }),
    release: () => holder.change({ type: 'release', reservationId, reason: 'cancelled' }),
    collect: () => holder.change({ type: 'collect', reservationId }),
    anchor: () => holder.anchor(endOf(id) + amount - 5),
  };
  steps[what]?.();
}

/** What a log took from each grant and gave back of it, and at which time of headquarters. */
function checkLog(log: readonly Said[]): void {
  const balances = new Map<string, { left: number; end: number }>([
    ['own', { left: 0, end: Infinity }],
  ]);
  let now = 0;
  const take = (grantId: string, amount: number, isReturn: boolean) => {
    const balance = balances.get(grantId);
    if (balance === undefined) throw new TypeError(`${grantId} was never received`);
    balance.left -= amount;
    if (balance.left < 0) throw new TypeError(`${grantId} is overdrawn`);
    if (amount > 0 && now >= balance.end) throw new TypeError(`${grantId} had expired`);
    if (isReturn && grantId !== 'own') balance.end = -Infinity;
  };
  const earn = (amount: number) => {
    const own = balances.get('own');
    if (own !== undefined) own.left += amount;
  };
  for (const said of log) {
    if (said.event === 'anchor') now = Math.max(now, said.at);
    if (said.event === 'received') {
      const { grantId, amount, expiresAt } = said.grant;
      const end = expiresAt === undefined ? Infinity : Date.parse(expiresAt) / 1_000;
      balances.set(grantId, { left: amount, end });
    }
    if (said.event === 'held') for (const part of said.from) take(part.grantId, part.amount, false);
    if (said.event === 'released') earn(said.amount);
    if (said.event === 'returned') take(said.grantId, said.amount, true);
    if (said.event === 'spent') {
      for (const { from } of said.rights.debits) {
        for (const part of from) take(part.grantId, part.amount, false);
      }
      for (const { amount } of said.rights.credits) earn(amount);
    }
  }
}

const rowsOf = (view: RightsView) => ({
  grants: view.grantsOf(POOL).toSorted((a, b) => (a.grantId < b.grantId ? -1 : 1)),
  reservations: [0, 1, 2, 3].map((id) => view.reservation(`r${id}`)),
  state: view.state(),
});

void t.test('whatever is asked, no grant is overdrawn, and the log tells the rows', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const holder = new Holder();
      for (const one of steps) live(holder, one);
      checkLog(holder.log);
      t.strictSame(rowsOf(folded(holder.log)), rowsOf(holder.rows));
    }),
    { numRuns: 300 },
  );
  t.end();
});

void t.test('what comes back in another order leads to the same rows', (t) => {
  const lives = fc.array(step, { maxLength: 40 }).chain((steps) => {
    const holder = new Holder();
    for (const one of steps) live(holder, one);
    const { log } = holder;
    return fc.tuple(
      fc.constant(log),
      fc.shuffledSubarray(log, { minLength: log.length, maxLength: log.length }),
    );
  });
  const strip = ({ grants, reservations }: ReturnType<typeof rowsOf>) => ({
    grants,
    // Until when it was held is known from its beginning alone.
    reservations: reservations.map((row) => row && { ...row, until: null }),
  });
  fc.assert(
    fc.property(lives, ([log, shuffled]) => {
      t.strictSame(strip(rowsOf(folded(shuffled, true))), strip(rowsOf(folded(log, true))));
    }),
    { numRuns: 200 },
  );
  t.end();
});
