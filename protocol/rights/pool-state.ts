/**
 * One pool as headquarters counts it: what there is, what was handed out in grants, and what is
 * headquarters' again. The order of facts of different logs does not matter, and that of one log only
 * where it repeats a spend; so a store whose log lags behind makes less available, never more.
 *
 *     available = supply − Σ what each grant takes + Σ what own grants gave back − uses by policy
 *
 * A grant takes its whole amount until it is settled (returned, expired behind an anchor of its
 * holder, or its holder fenced); then what was drawn of it. Drawn beyond the amount, which only copied
 * logs do, takes that too. Grants at rest (at-rest.ts) are one sum: so memory holds those that
 * something may still happen to.
 */
import type { Grant } from '../feed/right-documents.ts';
import { endText } from './at-rest.ts';
import { OWN_GRANT } from './right-entries.ts';
import type { RightFact } from './right-fact.ts';

/** What the pool has to know about those who hold parts of it. */
export type HolderView = {
  isFenced(holder: string): boolean;
  /** Headquarters' time, in milliseconds, that the holder's log has passed. */
  reachedMs(holder: string): number;
  /** Headquarters in an earlier life, whose later spends may be lost: nothing more is spent of it. */
  isLost(holder: string): boolean;
};

export type HeldGrant = {
  grantId: string;
  holder: string;
  amount: number;
  expiresAt: string | undefined;
  isRecalled: boolean;
  /** Its holder's log says that it is there. */
  isReceived: boolean;
  drawn: number;
  /** Undefined while it is open. */
  returned: number | undefined;
  /** As it was published; undefined where only its holder's log names it. */
  document: Grant | undefined;
};

export type OwnAccount = { earned: number; drawn: number; returned: number };

/** The next part of a spend: facts of one entry belong together, those of another repeat it. */
type Source = { origin: string; index: number };

export class PoolState {
  readonly pool: string;
  supply: number | undefined;
  readonly #holders: HolderView;
  readonly #grants = new Map<string, HeldGrant>();
  readonly #own = new Map<string, OwnAccount>();
  /** By kind, store and key: the entry that counted. */
  readonly #counted = new Map<string, Source>();
  #policyUses = 0;
  #drawnAtRest = 0;

  constructor(pool: string, holders: HolderView) {
    this.pool = pool;
    this.#holders = holders;
  }

  /** A grant as headquarters published it; the same again may add a recall. */
  grant(holder: string, document: Grant): void {
    const { amount, expiresAt, recall } = document;
    const held = this.#held(document.grantId, holder);
    Object.assign(held, { amount, expiresAt, document, isRecalled: recall === true, holder });
  }

  /** A fact of a log; `anchor` is not a pool's. */
  take(fact: RightFact): void {
    const { event, amount, grantId, key, store, gateway } = fact;
    const holder = `${store}/${gateway}`;
    const isFirst = (): boolean => key === '' || this.#isFirst(`${event} ${store} ${key}`, fact);
    switch (event) {
      case 'received': {
        const held = this.#held(grantId, holder);
        held.isReceived = true;
        if (held.document === undefined) {
          held.amount = Math.max(held.amount, amount);
          held.expiresAt = endText(fact.hqTime);
        }
        return;
      }
      case 'drawn':
        if (!isFirst()) return;
        this.draw(holder, grantId, amount);
        return;
      case 'policy':
        if (isFirst()) this.#policyUses += amount;
        return;
      case 'credited':
      case 'released':
        if (isFirst()) this.#account(holder).earned += amount;
        return;
      case 'returned':
        if (isFirst()) this.giveBack(holder, grantId, amount);
        return;
      case 'rested':
        this.#drawnAtRest += amount;
        return;
      case 'requested':
      case 'collected':
      case 'anchor':
    }
  }

  draw(holder: string, grantId: string, amount: number): void {
    if (grantId === OWN_GRANT) this.#account(holder).drawn += amount;
    else this.#held(grantId, holder).drawn += amount;
  }

  earn(holder: string, amount: number): void {
    this.#account(holder).earned += amount;
  }

  giveBack(holder: string, grantId: string, amount: number): void {
    if (grantId === OWN_GRANT) this.#account(holder).returned += amount;
    else this.#held(grantId, holder).returned ??= amount;
  }

  /**
   * Forgets a grant at rest, all but what was drawn of it. False where there is none, or its document
   * says something else of it than its holder's log does: then it stays.
   */
  letRest(grantId: string): boolean {
    const held = this.#grants.get(grantId);
    if (held === undefined) return false;
    if (this.#taken(held) !== held.drawn) return false;
    this.#drawnAtRest += held.drawn;
    return this.#grants.delete(grantId);
  }

  /** May be below zero where copied logs spent what was not theirs. */
  available(): number {
    return (this.supply ?? 0) - this.outstanding();
  }

  /** What of the supply is out or spent: no supply may be lower. */
  outstanding(): number {
    let sum = this.#policyUses + this.#drawnAtRest;
    for (const held of this.#grants.values()) sum += this.#taken(held);
    for (const [holder, account] of this.#own) sum -= this.#regained(holder, account);
    return sum;
  }

  /** What was spent and promised in all, of grants and of what holders earned. */
  spent(): number {
    let sum = this.#policyUses + this.#drawnAtRest;
    for (const { drawn } of this.#grants.values()) sum += drawn;
    for (const { drawn } of this.#own.values()) sum += drawn;
    return sum;
  }

  /** What `holder` may still spend, as far as its log is here. */
  rest(holder: string): number {
    return this.parts(holder).reduce((sum, { amount }) => sum + amount, 0);
  }

  /** The same by grant, in the order they were handed out; what was earned comes first. */
  parts(holder: string): { grantId: string; amount: number }[] {
    if (this.#holders.isLost(holder) || this.#holders.isFenced(holder)) return [];
    const parts = [{ grantId: OWN_GRANT as string, amount: this.ownRest(holder) }];
    for (const held of this.#grants.values()) {
      if (held.holder !== holder || this.isSettled(held)) continue;
      parts.push({ grantId: held.grantId, amount: held.amount - held.drawn });
    }
    return parts.filter(({ amount }) => amount > 0);
  }

  ownRest(holder: string): number {
    const { earned, drawn, returned } = this.#own.get(holder) ?? NOTHING;
    return Math.max(0, earned - drawn - returned);
  }

  isSettled({ returned, holder, expiresAt }: HeldGrant): boolean {
    return (
      returned !== undefined || this.#holders.isFenced(holder) || this.#isExpired(holder, expiresAt)
    );
  }

  grants(): IterableIterator<HeldGrant> {
    return this.#grants.values();
  }

  grantOf(grantId: string): HeldGrant | undefined {
    return this.#grants.get(grantId);
  }

  holders(): string[] {
    const names = [...this.#grants.values()].map(({ holder }) => holder);
    return [...new Set([...names, ...this.#own.keys()])];
  }

  #taken(held: HeldGrant): number {
    const { amount, drawn, returned, holder } = held;
    if (!this.isSettled(held)) return Math.max(amount, drawn);
    const isFreed = this.#holders.isFenced(holder) || this.#isExpired(holder, held.expiresAt);
    return isFreed ? drawn : Math.max(drawn, amount - (returned ?? 0));
  }

  /** Below zero where more was drawn than ever earned. */
  #regained(holder: string, { earned, drawn, returned }: OwnAccount): number {
    const left = earned - drawn;
    if (left < 0) return left;
    return this.#holders.isFenced(holder) ? left : Math.min(returned, left);
  }

  #isExpired(holder: string, expiresAt: string | undefined): boolean {
    return expiresAt !== undefined && this.#holders.reachedMs(holder) >= Date.parse(expiresAt);
  }

  #isFirst(name: string, { origin, index }: RightFact): boolean {
    const first = this.#counted.get(name);
    if (first === undefined) this.#counted.set(name, { origin, index });
    return first === undefined || (first.origin === origin && first.index === index);
  }

  #held(grantId: string, holder: string): HeldGrant {
    const known = this.#grants.get(grantId);
    if (known !== undefined) return known;
    const held: HeldGrant = {
      ...{ grantId, holder, amount: 0, expiresAt: undefined, isRecalled: false, isReceived: false },
      ...{ drawn: 0, returned: undefined, document: undefined },
    };
    this.#grants.set(grantId, held);
    return held;
  }

  #account(holder: string): OwnAccount {
    const known = this.#own.get(holder);
    if (known !== undefined) return known;
    const account = { earned: 0, drawn: 0, returned: 0 };
    this.#own.set(holder, account);
    return account;
  }
}

const NOTHING: OwnAccount = { earned: 0, drawn: 0, returned: 0 };
