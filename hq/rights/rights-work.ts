/**
 * What every operation of the desk of rights is made of: the lock, a decision that is made again with
 * what was not known yet before it is refused, and its writes. Runs within a turn of the desk.
 */
import { TillgateError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { GrantAtRest } from '../../protocol/rights/at-rest.ts';
import type { PoolBook } from '../../protocol/rights/pool-book.ts';
import { decideSupply, decideTakeBack, holderName } from '../../protocol/rights/pool-decisions.ts';
import type { Decision, Holder, RightWrite } from '../../protocol/rights/pool-decisions.ts';
import { issueLock, lockMessage } from './issue-lock.ts';
import type { IssueLock } from './issue-lock.ts';
import { answerRequests, newRequestState } from './request-answers.ts';
import { RightsBooks } from './rights-books.ts';
import type { GatewayName, RightsPorts } from './rights-ports.ts';

export type RightsWorkOptions = RightsPorts & {
  clock: Clock;
  /** Infinity where headquarters does not run. */
  settleMs: number;
  log: { warn(details: object, message: string): void };
};

/** Refusals that what gateways gave back meanwhile may change. */
const MAY_CHANGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'RIGHTS_EXCEED_SUPPLY',
  'RIGHTS_OUTSTANDING',
  'RIGHTS_POOL_UNKNOWN',
]);

export class RightsWork {
  readonly books: RightsBooks;
  readonly #options: RightsWorkOptions;
  readonly #beganMs: number;
  readonly #requests = newRequestState();
  readonly #warned = new Set<string>();

  constructor(options: RightsWorkOptions) {
    this.#options = options;
    this.books = new RightsBooks(options);
    this.#beganMs = options.clock.monotonicMs();
  }

  async catchUp(): Promise<void> {
    await this.books.catchUp();
  }

  /** The grant where it is at rest and no book names it; undefined where one does, or nobody. */
  async atRest(chain: string, grantId: string): Promise<GrantAtRest | undefined> {
    return (await this.books.atRest(chain, [grantId]))[0];
  }

  /** Gives whether anything had to be written; throws the refusal. */
  async carryOut(chain: string, decision: Decision): Promise<boolean> {
    if (!decision.ok) throw new TillgateError(decision.code, decision.message);
    await this.books.write(chain, decision.writes);
    return decision.writes.length > 0;
  }

  /** The same, but headquarters' own rests and what gateways gave back count before it is refused. */
  async decide(
    chain: string,
    wanted: { pool: string; amount: number },
    decide: (book: PoolBook) => Decision,
  ): Promise<boolean> {
    const first = decide(await this.books.of(chain));
    if (first.ok || !MAY_CHANGE.has(first.code)) return this.carryOut(chain, first);
    await this.catchUp();
    const book = await this.books.of(chain);
    const second = decide(book);
    const pool = book.pool(wanted.pool);
    if (second.ok || pool === undefined) return this.carryOut(chain, second);
    const writes = decideTakeBack(book, pool, wanted.amount);
    const regained = writes.reduce((sum, write) => sum + takenBack(write), pool.available());
    if (regained >= wanted.amount) await this.books.write(chain, writes);
    return this.carryOut(chain, decide(book));
  }

  /** Throws `RIGHTS_HOLDER_UNKNOWN`. */
  async checkEnrolled(chain: string, holder: Holder): Promise<void> {
    const names = (await this.gateways(chain)).map(holderName);
    if (names.includes(holderName(holder))) return;
    const message = `No gateway ${holderName(holder)} is enrolled.`;
    throw new TillgateError('RIGHTS_HOLDER_UNKNOWN', message);
  }

  /** Throws `RIGHTS_LOCKED`. */
  async checkUnlocked(chain: string): Promise<void> {
    const lock = await this.lock(chain);
    const locked = (message: string): TillgateError =>
      new TillgateError('RIGHTS_LOCKED', message, { retryable: true });
    if (lock.isLocked) throw locked(lockMessage(lock));
    // What a fenced gateway spent, say, is known by its log alone.
    if (!this.books.isCurrent) await this.books.catchUp();
    if (!this.books.isCurrent) throw locked('What the gateways sent is still being read.');
  }

  async lock(chain: string): Promise<IssueLock> {
    const { clock, settleMs, life } = this.#options;
    const { isRestored } = await life();
    const gateways = isRestored ? (await this.gateways(chain)).map(holderName) : [];
    const runningMs = clock.monotonicMs() - this.#beganMs;
    return issueLock(await this.books.of(chain), { runningMs, settleMs, isRestored, gateways });
  }

  async gateways(chain: string): Promise<GatewayName[]> {
    return (await this.#options.gateways()).filter((one) => one.chain === chain);
  }

  /** A gateway has shown in this life what it holds, and custody has all of it. */
  async reported({ chain, store, gateway }: GatewayName): Promise<void> {
    const { isRestored } = await this.#options.life();
    const book = await this.books.of(chain);
    if (!isRestored || book.hasReported(`${store}/${gateway}`)) return;
    this.books.doubt();
    await this.books.write(chain, [{ to: 'log', event: { event: 'reported', store, gateway } }]);
  }

  /** What is due by itself: facts, supplies of capped coupons, and what gateways ask for. */
  async tick(): Promise<void> {
    await this.catchUp();
    for (const [chain, book] of await this.books.open()) {
      await this.#supplyCoupons(chain, book);
      if (book.requests().length === 0 || (await this.lock(chain)).isLocked) continue;
      const gateways = new Set((await this.gateways(chain)).map(holderName));
      await answerRequests(book, this.#requests, {
        nowMs: this.#options.clock.monotonicMs(),
        isEnrolled: (name) => gateways.has(name),
        atRest: (grantIds) => this.books.atRest(chain, grantIds),
        write: (writes) => this.books.write(chain, writes),
      });
    }
  }

  /** A cap is the supply of its coupon; one below what is out waits, and says so once. */
  async #supplyCoupons(chain: string, book: PoolBook): Promise<void> {
    for (const [couponId, cap] of book.caps()) {
      const pool = `coupon:${couponId}`;
      if (book.pool(pool)?.supply === cap) continue;
      const decision = decideSupply(book, pool, cap);
      if (decision.ok) await this.books.write(chain, decision.writes);
      if (decision.ok || this.#warned.has(`${pool} ${cap}`)) continue;
      this.#warned.add(`${pool} ${cap}`);
      this.#options.log.warn({ chain, pool, cap, code: decision.code }, decision.message);
    }
  }
}

function takenBack(write: RightWrite): number {
  return write.to === 'log' && write.event.event === 'takenBack' ? write.event.amount : 0;
}
