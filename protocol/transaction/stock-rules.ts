/**
 * What the form cannot say of the member `stock` (SPEC.md section 1.11): which type and which movement
 * its members belong to. Like the sums, each rule is checked whenever what it needs can be read.
 */
import { isJsonObject } from '../json/json-value.ts';
import type { JsonObject } from '../json/json-value.ts';
import { problem } from './problem.ts';
import type { ProblemList } from './problem.ts';

export function checkStock(transaction: JsonObject, problems: ProblemList): void {
  const { stock, type } = transaction;
  if (!isJsonObject(stock)) return;
  if (typeof type === 'string' && type !== 'adjustment') {
    const message = `A ${type} has no member stock; it moves what its lines say.`;
    problems.add(
      problem('TXN_STOCK_TYPE', '/stock', { expected: 'adjustment', got: type, message }),
    );
  }
  const { movement, counterpart, asOf } = stock;
  if (typeof movement !== 'string') return;
  const isTransfer = movement === 'transferIn' || movement === 'transferOut';
  if (!isTransfer && (counterpart ?? null) !== null) {
    const message = `A ${movement} has no other store.`;
    problems.add(problem('TXN_STOCK_MISPLACED', '/stock/counterpart', { got: movement, message }));
  }
  if (movement === 'count') checkCounted(transaction, problems);
  else if ((asOf ?? null) !== null) {
    const message = `A ${movement} counts from its own entry; only a count can be true for an earlier one.`;
    problems.add(problem('TXN_STOCK_MISPLACED', '/stock/asOf', { got: movement, message }));
  }
}

function checkCounted({ lines }: JsonObject, problems: ProblemList): void {
  if (!Array.isArray(lines)) return;
  for (const [at, line] of lines.entries()) {
    const quantity = isJsonObject(line) ? line['quantity'] : undefined;
    const value = isJsonObject(quantity) ? quantity['value'] : undefined;
    if (typeof value !== 'number' || value >= 0) continue;
    const message = `A count of ${value} was given; less than nothing cannot be counted.`;
    const path = `/lines/${at}/quantity/value`;
    problems.add(problem('TXN_STOCK_COUNT_NEGATIVE', path, { expected: 0, got: value, message }));
  }
}
