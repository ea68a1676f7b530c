/**
 * The desk of rights: everything that hands out, promises, recalls or frees rights goes through it,
 * one thing after the other, each durable before it is answered, and the same id again answered the
 * same. What may be done is decided on the books (protocol/rights/); this carries it out.
 *
 * While rights are locked (issue-lock.ts) nothing is handed out, promised or lowered; recalls, ends of
 * promises, larger supplies and fences go on, because they take nothing from anybody.
 */
import { TillgateError } from '../../protocol/errors.ts';
import type { OnlineSpend } from '../../protocol/rights/pool-book.ts';
import {
  decideFence,
  decideIssue,
  decideIssueAgain,
  decideRecall,
  decideSupply,
  holderName,
} from '../../protocol/rights/pool-decisions.ts';
import type { IssueAsked } from '../../protocol/rights/pool-decisions.ts';
import { isPool } from '../../protocol/rights/pool.ts';
import { decideEnd, decideOnline } from '../../protocol/rights/promise-decisions.ts';
import type { OnlineAsked } from '../../protocol/rights/promise-decisions.ts';
import { must } from '../../protocol/must.ts';
import type { IssueLock } from './issue-lock.ts';
import type { GatewayName } from './rights-ports.ts';
import { RightsWork } from './rights-work.ts';
import type { RightsWorkOptions } from './rights-work.ts';
import { shownGrants, shownPool } from './shown-pools.ts';
import type { ShownGrant, ShownPool } from './shown-pools.ts';

export type RightsDeskOptions = RightsWorkOptions & {
  /** Fresh for each call. */
  newId: () => string;
};

export type ChainPools = { chain: string; lock: IssueLock; fenced: string[]; pools: ShownPool[] };

/** `isNew` is false where it was said before with the same id. */
export type Said<T> = T & { isNew: boolean };

const NAME = /^[!-.0-~]{1,64}$/;
const SINGLE_USE = /^coupon:[^/]+\//;
const TEXT_MAX = 256;

export class RightsDesk {
  readonly #work: RightsWork;
  readonly #newId: () => string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RightsDeskOptions) {
    this.#work = new RightsWork(options);
    this.#newId = options.newId;
  }

  /** Every pool of every chain, or of one. */
  pools(chain: string | undefined): Promise<ChainPools[]> {
    return this.#inTurn(async () => {
      await this.#work.catchUp();
      const shown: ChainPools[] = [];
      for (const [name, book] of await this.#work.books.open()) {
        if ((chain ?? name) !== name) continue;
        const pools = book.pools().map((pool) => shownPool(book, pool));
        shown.push({
          chain: name,
          lock: await this.#work.lock(name),
          fenced: book.fenced(),
          pools,
        });
      }
      return shown;
    });
  }

  /** One pool with its grants. Throws `RIGHTS_POOL_UNKNOWN`. */
  pool(chain: string, name: string): Promise<ShownPool & { chain: string; grants: ShownGrant[] }> {
    return this.#inTurn(async () => {
      checkPool(name);
      await this.#work.catchUp();
      const book = await this.#work.books.of(chain);
      const pool = book.pool(name);
      if (pool !== undefined) return { chain, ...shownPool(book, pool), grants: shownGrants(pool) };
      throw new TillgateError('RIGHTS_POOL_UNKNOWN', `There is no supply of ${name}.`);
    });
  }

  grants(chain: string): Promise<ShownGrant[]> {
    return this.#inTurn(async () => {
      await this.#work.catchUp();
      return (await this.#work.books.of(chain)).pools().flatMap(shownGrants);
    });
  }

  setSupply(chain: string, pool: string, amount: number): Promise<ShownPool> {
    return this.#inTurn(async () => {
      checkPool(pool);
      checkAmount(amount, 0);
      const before = (await this.#work.books.of(chain)).pool(pool)?.supply ?? 0;
      if (amount < before) await this.#work.checkUnlocked(chain);
      await this.#work.decide(chain, { pool, amount: 0 }, (now) => decideSupply(now, pool, amount));
      const book = await this.#work.books.of(chain);
      return shownPool(book, must(book.pool(pool), 'its supply was just set'));
    });
  }

  /** A single-use code has a supply of one by itself. */
  issue(chain: string, asked: IssueAsked): Promise<Said<IssueAsked>> {
    return this.#inTurn(async () => {
      checkPool(asked.pool);
      checkAmount(asked.amount, 1);
      checkName(asked.grantId);
      const atRest = await this.#work.atRest(chain, asked.grantId);
      if (atRest !== undefined) {
        await this.#work.carryOut(chain, decideIssueAgain(atRest, asked));
        return { ...asked, isNew: false };
      }
      const book = await this.#work.books.of(chain);
      if (book.poolOfGrant(asked.grantId) === undefined) {
        await this.#work.checkEnrolled(chain, asked.holder);
        await this.#work.checkUnlocked(chain);
        if (SINGLE_USE.test(asked.pool) && book.pool(asked.pool)?.supply === undefined) {
          await this.#work.carryOut(chain, decideSupply(book, asked.pool, 1));
        }
      }
      const isNew = await this.#work.decide(chain, asked, (now) => decideIssue(now, asked));
      return { ...asked, isNew };
    });
  }

  recall(chain: string, grantId: string): Promise<{ isNew: boolean }> {
    return this.#inTurn(async () => {
      // Nothing is left of one at rest.
      if ((await this.#work.atRest(chain, grantId)) !== undefined) return { isNew: false };
      const book = await this.#work.books.of(chain);
      return { isNew: await this.#work.carryOut(chain, decideRecall(book, grantId)) };
    });
  }

  /** A promise, or a spend for good, from what headquarters keeps for itself. */
  online(chain: string, asked: Omit<OnlineAsked, 'unique'>): Promise<Said<OnlineSpend>> {
    return this.#inTurn(async () => {
      checkName(asked.id);
      checkPool(asked.pool);
      checkAmount(asked.amount, 1);
      const book = await this.#work.books.of(chain);
      if (book.spend(asked.id) === undefined) await this.#work.checkUnlocked(chain);
      const whole = { ...asked, unique: this.#newId() };
      const isNew = await this.#work.decide(chain, asked, (now) => decideOnline(now, whole));
      return { ...(await this.#spend(chain, asked.id)), isNew };
    });
  }

  end(chain: string, id: string, end: 'released' | 'collected'): Promise<Said<OnlineSpend>> {
    return this.#inTurn(async () => {
      const book = await this.#work.books.of(chain);
      const isNew = await this.#work.carryOut(chain, decideEnd(book, id, end));
      return { ...(await this.#spend(chain, id)), isNew };
    });
  }

  /** Throws `RIGHTS_PROMISE_UNKNOWN`. */
  spend(chain: string, id: string): Promise<OnlineSpend> {
    return this.#inTurn(() => this.#spend(chain, id));
  }

  /** What a dead gateway held is headquarters' again; without a gateway all of the store's. */
  fence(
    chain: string,
    { store, gateway }: { store: string; gateway: string | undefined },
    why: { by: string; reason: string },
  ): Promise<Said<{ fenced: string[] }>> {
    return this.#inTurn(async () => {
      const known = (await this.#work.gateways(chain)).filter(
        (one) => one.store === store && (gateway ?? one.gateway) === one.gateway,
      );
      if (known.length === 0) {
        const name = gateway === undefined ? store : `${store}/${gateway}`;
        throw new TillgateError('RIGHTS_HOLDER_UNKNOWN', `No gateway of ${name} is enrolled.`);
      }
      const book = await this.#work.books.of(chain);
      const said = { by: why.by.slice(0, TEXT_MAX), reason: why.reason.slice(0, TEXT_MAX) };
      let isNew = false;
      for (const one of known) {
        isNew = (await this.#work.carryOut(chain, decideFence(book, one, said))) || isNew;
      }
      return { fenced: known.map(holderName), isNew };
    });
  }

  /** A gateway has shown in this life what it holds, and custody has all of it. */
  reported(gateway: GatewayName): Promise<void> {
    return this.#inTurn(() => this.#work.reported(gateway));
  }

  /** What is due by itself. */
  tick(): Promise<void> {
    return this.#inTurn(() => this.#work.tick());
  }

  async #spend(chain: string, id: string): Promise<OnlineSpend> {
    const spend = (await this.#work.books.of(chain)).spend(id);
    if (spend !== undefined) return { ...spend };
    throw new TillgateError('RIGHTS_PROMISE_UNKNOWN', `There is no promise or spend ${id}.`);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function checkPool(name: string): void {
  if (isPool(name)) return;
  throw new TillgateError(
    'USAGE',
    `${name.slice(0, TEXT_MAX)} names no pool, as points:MEMBER does.`,
  );
}

function checkAmount(amount: number, min: number): void {
  if (Number.isSafeInteger(amount) && amount >= min) return;
  throw new TillgateError('USAGE', `An amount is a whole number from ${min} on.`);
}

function checkName(id: string): void {
  if (NAME.test(id)) return;
  const message = 'An id is 1 to 64 printable characters of ASCII without a space or slash.';
  throw new TillgateError('USAGE', message);
}
