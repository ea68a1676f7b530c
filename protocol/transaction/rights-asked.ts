/**
 * What a transaction wants of rights (SPEC.md section 1.10): points and stored value that are spent
 * or put back, coupons that are used, points that are earned. Read whenever the members can be read,
 * like the sums; whether the rights are there is the ledger's to say. Amounts of one pool are one.
 */
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { couponPool, pointsPool, storedValuePool } from '../rights/pool.ts';
import type { RightsAsked } from '../rights/right-entries.ts';
import { problem } from './problem.ts';
import type { ProblemList } from './problem.ts';

/** Undefined where nothing of rights is in it, as in most sales. */
export function readRights(
  transaction: JsonObject,
  problems: ProblemList,
): RightsAsked | undefined {
  const reading = new RightsReading(transaction, problems);
  reading.lines(transaction['lines']);
  reading.tenders(transaction['tenders']);
  reading.loyalty(transaction['loyalty']);
  return reading.asked();
}

class RightsReading {
  readonly #problems: ProblemList;
  readonly #type: Json;
  readonly #currency: string;
  readonly #debits = new Map<string, { amount: number; path: string }>();
  readonly #credits = new Map<string, number>();

  constructor(transaction: JsonObject, problems: ProblemList) {
    this.#problems = problems;
    this.#type = transaction['type'] ?? null;
    this.#currency = textOf(transaction['currency']) ?? '';
  }

  asked(): RightsAsked | undefined {
    if (this.#debits.size === 0 && this.#credits.size === 0) return undefined;
    const debits = [...this.#debits].map(([pool, debit]) => ({ pool, ...debit }));
    const credits = [...this.#credits].map(([pool, amount]) => ({ pool, amount }));
    return { debits, credits };
  }

  lines(lines: Json | undefined): void {
    if (!Array.isArray(lines)) return;
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at];
      if (!isJsonObject(line)) continue;
      if (line['discounts'] !== undefined) this.#discounts(line['discounts'], `/lines/${at}`);
      const account = textOf(line['storedValueAccountId']);
      const amount = integerOf(line['extendedAmount']);
      if (account === undefined || amount === undefined) continue;
      const pool = storedValuePool(account, this.#currency);
      this.#move(pool, -amount, `/lines/${at}/extendedAmount`);
    }
  }

  #discounts(discounts: Json, path: string): void {
    if (!Array.isArray(discounts)) return;
    for (const [at, discount] of discounts.entries()) {
      if (!isJsonObject(discount)) continue;
      const couponId = textOf(discount['couponId']);
      const code = textOf(discount['couponCode']);
      const place = `${path}/discounts/${at}`;
      if (couponId === undefined) {
        if (code !== undefined) this.#missing(`${place}/couponId`, 'couponCode', 'couponId');
        continue;
      }
      // A coupon is used by a sale; what is returned or voided does not use it, nor give it back.
      if (this.#type !== 'sale') continue;
      const member = code === undefined ? 'couponId' : 'couponCode';
      const debit = { amount: 1, path: `${place}/${member}` };
      const pool = couponPool(couponId, code);
      if (!this.#debits.has(pool)) this.#debits.set(pool, debit);
    }
  }

  tenders(tenders: Json | undefined): void {
    if (!Array.isArray(tenders)) return;
    for (let at = 0; at < tenders.length; at += 1) {
      const tender = tenders[at];
      if (!isJsonObject(tender)) continue;
      this.#points(tender, `/tenders/${at}`);
      this.#storedValue(tender, `/tenders/${at}`);
    }
  }

  #points(tender: JsonObject, path: string): void {
    const memberId = textOf(tender['memberId']);
    const points = integerOf(tender['points']);
    if (memberId === undefined && points === undefined) return;
    const given = memberId === undefined ? 'points' : 'memberId';
    const amount = integerOf(tender['amount']) ?? 0;
    if (tender['type'] !== 'points') {
      this.#misplaced(`${path}/${given}`, 'points', tender['type'] ?? null);
    } else if (memberId === undefined) {
      this.#missing(`${path}/memberId`, 'points', 'memberId');
    } else if (points === undefined) {
      this.#missing(`${path}/points`, 'memberId', 'points');
    } else if (points === 0 || points * Math.sign(amount) < 0) {
      const message = `${points} points stand beside an amount of ${amount}.`;
      this.#problems.add(problem('TXN_POINTS_SIGN', `${path}/points`, { got: points, message }));
    } else {
      this.#move(pointsPool(memberId), points, `${path}/points`);
    }
  }

  #storedValue(tender: JsonObject, path: string): void {
    const accountId = textOf(tender['accountId']);
    if (accountId === undefined) return;
    const amount = integerOf(tender['amount']);
    if (tender['type'] !== 'storedValue') {
      this.#misplaced(`${path}/accountId`, 'storedValue', tender['type'] ?? null);
    } else if (amount !== undefined) {
      this.#move(storedValuePool(accountId, this.#currency), amount, `${path}/amount`);
    }
  }

  loyalty(loyalty: Json | undefined): void {
    if (!isJsonObject(loyalty)) return;
    const memberId = textOf(loyalty['memberId']);
    const earned = integerOf(loyalty['pointsEarned']);
    if (memberId === undefined || earned === undefined || earned <= 0) return;
    if (this.#type === 'void') {
      const message = `A void earns no points, and says ${earned}.`;
      const details = { expected: 0, got: earned, message };
      this.#problems.add(problem('TXN_POINTS_SIGN', '/loyalty/pointsEarned', details));
      return;
    }
    this.#move(pointsPool(memberId), -earned, '/loyalty/pointsEarned');
  }

  /** What is positive is taken from the pool, what is negative goes to it. */
  #move(pool: string, amount: number, path: string): void {
    if (amount === 0) return;
    const known = amount > 0 ? this.#debits.get(pool)?.amount : this.#credits.get(pool);
    const sum = (known ?? 0) + Math.abs(amount);
    if (!Number.isSafeInteger(sum)) {
      const message = `All that the transaction moves of ${pool} is too much to be counted.`;
      this.#problems.add(problem('TXN_NUMBER_OUT_OF_RANGE', path, { got: amount, message }));
    } else if (amount < 0) {
      this.#credits.set(pool, sum);
    } else {
      this.#debits.set(pool, { amount: sum, path: this.#debits.get(pool)?.path ?? path });
    }
  }

  #missing(path: string, beside: string, name: string): void {
    const message = `${beside} stands there without ${name}.`;
    this.#problems.add(problem('TXN_RIGHTS_INCOMPLETE', path, { message }));
  }

  #misplaced(path: string, expected: string, got: Json): void {
    const message = `It belongs to a tender of type ${expected}.`;
    this.#problems.add(problem('TXN_RIGHTS_MISPLACED', path, { expected, got, message }));
  }
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function integerOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
