/**
 * The sums of a transaction (SPEC.md section 1.4). Every rule is checked whenever the members that
 * it needs can be read, also in a transaction that is refused for something else, so that a sender
 * learns of all that is wrong at once. Nothing is ever corrected, and the till's tax is believed.
 */
import { minorUnitDigits } from '../currency.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { addExact, exactToJson, subtractExact } from '../money.ts';
import type { Exact } from '../money.ts';
import { SCALE_MAX, roundedProduct } from '../scaled.ts';
import type { Scaled } from '../scaled.ts';
import { problem } from './problem.ts';
import type { ProblemList } from './problem.ts';

/** Types that may have no tenders although their total is not 0. */
const MAY_LACK_TENDERS: ReadonlySet<Json> = new Set(['adjustment', 'cashMovement', 'noSale']);
const SUMMED_TYPES: ReadonlySet<Json> = new Set(['sale', 'return', 'void', 'adjustment']);

/** Adds a problem for every sum or sign that is wrong. */
export function checkArithmetic(transaction: JsonObject, problems: ProblemList): void {
  const linesTotal = checkLines(transaction, problems);
  const taxesTotal = sumOf(itemsOf(transaction['taxes']), addedTax);
  checkTotal(transaction, { linesTotal, taxesTotal }, problems);
  checkTenders(transaction, problems);
}

/** Tenders alone, as for a transaction of which no more is understood. */
export function checkTenders(transaction: JsonObject, problems: ProblemList): void {
  const tenders = itemsOf(transaction['tenders']);
  if (tenders === undefined) return;
  for (const [at, tender] of tenders.entries()) {
    const amount = amountOf(tender);
    if (amount !== undefined && amount > 0 && isJsonObject(tender) && tender['type'] === 'change') {
      problems.add(
        problem('TXN_CHANGE_POSITIVE', `/tenders/${at}/amount`, {
          expected: -amount,
          got: amount,
          message: `Change of ${amount} is positive; change leaves the drawer.`,
        }),
      );
    }
  }
  const total = integerOf(transaction['total']);
  const paid = sumOf(tenders, amountOf);
  if (total === undefined || paid === undefined || paid === total) return;
  if (tenders.length === 0 && MAY_LACK_TENDERS.has(transaction['type'] ?? null)) return;
  problems.add(
    problem('TXN_TENDERS_MISMATCH', '/tenders', {
      expected: total,
      got: exactToJson(paid),
      message: `The tenders add up to ${String(paid)}, and total is ${total}.`,
    }),
  );
}

/** Sum of the extended amounts as the till states them; undefined when one cannot be read. */
function checkLines(transaction: JsonObject, problems: ProblemList): Exact | undefined {
  const lines = itemsOf(transaction['lines']);
  if (lines === undefined) return undefined;
  const currency = transaction['currency'];
  const digits = typeof currency === 'string' ? minorUnitDigits(currency) : undefined;
  const lineNumbers = new Set<number>();
  let total: Exact | undefined = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (!isJsonObject(line)) {
      total = undefined;
      continue;
    }
    checkLineNumber(line, at, { lineNumbers, problems });
    if (digits !== undefined) checkExtendedAmount(line, at, { digits, problems });
    const extendedAmount = integerOf(line['extendedAmount']);
    total =
      total === undefined || extendedAmount === undefined
        ? undefined
        : addExact(total, extendedAmount);
  }
  return total;
}

function checkLineNumber(
  line: JsonObject,
  at: number,
  seen: { lineNumbers: Set<number>; problems: ProblemList },
): void {
  const lineNumber = integerOf(line['lineNumber']);
  if (lineNumber === undefined) return;
  if (seen.lineNumbers.has(lineNumber)) {
    seen.problems.add(
      problem('TXN_LINE_NUMBER_DUPLICATE', `/lines/${at}/lineNumber`, {
        got: lineNumber,
        message: `lineNumber ${lineNumber} stands on an earlier line too.`,
      }),
    );
  }
  seen.lineNumbers.add(lineNumber);
}

function checkExtendedAmount(
  line: JsonObject,
  at: number,
  context: { digits: number; problems: ProblemList },
): void {
  const quantity = scaledOf(line['quantity']);
  const unitPrice = scaledOf(line['unitPrice']);
  if (quantity === undefined || unitPrice === undefined) return;
  const gross = roundedProduct(quantity, unitPrice, context.digits);
  const discounts = itemsOf(line['discounts']);
  const discounted = sumOf(discounts, amountOf);
  for (const [number, discount] of (discounts ?? []).entries()) {
    checkDiscountSign(discount, gross, {
      path: `/lines/${at}/discounts/${number}/amount`,
      problems: context.problems,
    });
  }
  const extendedAmount = integerOf(line['extendedAmount']);
  if (extendedAmount === undefined || discounted === undefined) return;
  const expected = subtractExact(gross, discounted);
  if (expected === extendedAmount) return;
  context.problems.add(
    problem('TXN_EXTENDED_AMOUNT_MISMATCH', `/lines/${at}/extendedAmount`, {
      expected: exactToJson(expected),
      got: extendedAmount,
      message:
        `quantity × unitPrice is ${String(gross)}, less discounts of ${String(discounted)} is ` +
        `${String(expected)}, and extendedAmount is ${extendedAmount}.`,
    }),
  );
}

function checkDiscountSign(
  discount: Json,
  gross: Exact,
  context: { path: string; problems: ProblemList },
): void {
  const amount = amountOf(discount);
  // Zero has no sign, so it takes nothing off either way.
  if (amount === undefined || amount === 0 || (gross !== 0 && amount > 0 === gross > 0)) return;
  context.problems.add(
    problem('TXN_DISCOUNT_SIGN', context.path, {
      got: amount,
      message: `A discount of ${amount} stands on a line whose quantity × unitPrice is ${String(gross)}.`,
    }),
  );
}

function checkTotal(
  transaction: JsonObject,
  sums: { linesTotal: Exact | undefined; taxesTotal: Exact | undefined },
  problems: ProblemList,
): void {
  const total = integerOf(transaction['total']);
  const type = transaction['type'] ?? null;
  if (total === undefined) return;
  if (type === 'noSale' && total !== 0) {
    problems.add(
      problem('TXN_TOTAL_MISMATCH', '/total', {
        expected: 0,
        got: total,
        message: `The total of a noSale is 0, not ${total}.`,
      }),
    );
  }
  if (!SUMMED_TYPES.has(type)) return;
  if (sums.linesTotal === undefined || sums.taxesTotal === undefined) return;
  const expected = addExact(sums.linesTotal, sums.taxesTotal);
  if (expected === total) return;
  problems.add(
    problem('TXN_TOTAL_MISMATCH', '/total', {
      expected: exactToJson(expected),
      got: total,
      message:
        `The lines add up to ${String(sums.linesTotal)} and the taxes not included to ` +
        `${String(sums.taxesTotal)}, which is ${String(expected)}; total is ${total}.`,
    }),
  );
}

/** What a tax adds to the total: nothing when the lines already contain it. */
function addedTax(tax: Json): number | undefined {
  if (!isJsonObject(tax)) return undefined;
  const included = tax['included'] ?? false;
  if (included === true) return 0;
  return included === false ? integerOf(tax['amount']) : undefined;
}

function amountOf(item: Json): number | undefined {
  return isJsonObject(item) ? integerOf(item['amount']) : undefined;
}

/** Absent and null are the empty array; anything else that is no array cannot be read. */
function itemsOf(value: Json | undefined): readonly Json[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : undefined;
}

function integerOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function scaledOf(value: Json | undefined): Scaled | undefined {
  if (!isJsonObject(value)) return undefined;
  const digits = integerOf(value['value']);
  const scale = integerOf(value['scale']);
  if (digits === undefined || scale === undefined || scale < 0 || scale > SCALE_MAX) {
    return undefined;
  }
  return { value: digits, scale };
}

function sumOf(
  items: readonly Json[] | undefined,
  part: (item: Json) => number | undefined,
): Exact | undefined {
  if (items === undefined) return undefined;
  let sum: Exact = 0;
  for (const item of items) {
    const value = part(item);
    if (value === undefined) return undefined;
    sum = addExact(sum, value);
  }
  return sum;
}
