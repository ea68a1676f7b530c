/** What a person says of a price, as text, read with care. Throws `USAGE` with the word that is wrong. */
import { isDateTime } from '../../protocol/calendar.ts';
import { minorUnitDigits } from '../../protocol/currency.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { parseScaled } from '../../protocol/scaled.ts';
import { OVERRIDE_DAYS_MAX, OVERRIDE_MS_MAX } from './override-book.ts';
import type { OverrideSet, OverrideWithdrawn } from './override-event.ts';

export type OverrideRequest = Omit<OverrideSet, 'over'>;

export type OverrideWords = {
  itemId: string;
  currency: string;
  managerId: string;
  reason?: string | undefined;
};

const ITEM_FORM = /^[!-.0-~]{1,64}$/;
const MANAGER_CHARACTERS_MAX = 128;
const REASON_CHARACTERS_MAX = 256;
const TIME_CHARACTERS_MAX = 64;

export function readOverride(
  words: OverrideWords & { amount: string; until: string },
  nowMs: number,
): OverrideRequest {
  const amount = parseScaled(words.amount);
  if (amount === undefined || amount.value < 0) {
    throw wrong('the price', 'zero or more, such as 1.99', words.amount);
  }
  const untilMs = timeOf(words.until);
  if (Number.isNaN(untilMs) || untilMs <= nowMs || untilMs - nowMs > OVERRIDE_MS_MAX) {
    const form = `a time to come within ${OVERRIDE_DAYS_MAX} days, such as 2026-12-24T18:00:00+01:00`;
    throw wrong('--until', form, words.until);
  }
  return { ...readWithdrawal(words), amount, until: new Date(untilMs).toISOString() };
}

export function readWithdrawal(words: OverrideWords): OverrideWithdrawn {
  const { itemId, currency, managerId, reason } = words;
  if (!ITEM_FORM.test(itemId)) throw wrong('the item', 'the id of an item', itemId);
  if (minorUnitDigits(currency) === undefined) {
    throw wrong('--currency', 'one of ISO 4217', currency);
  }
  if (managerId === '' || managerId.length > MANAGER_CHARACTERS_MAX) {
    throw wrong('--manager', `1 to ${MANAGER_CHARACTERS_MAX} characters`, managerId);
  }
  if (reason !== undefined && (reason === '' || reason.length > REASON_CHARACTERS_MAX)) {
    throw wrong('--reason', `1 to ${REASON_CHARACTERS_MAX} characters`, reason);
  }
  return { itemId, currency, managerId, ...(reason !== undefined && { reason }) };
}

function timeOf(text: string): number {
  return text.length <= TIME_CHARACTERS_MAX && isDateTime(text) ? Date.parse(text) : NaN;
}

function wrong(what: string, form: string, got: string): TillgateError {
  return new TillgateError(
    'USAGE',
    `${what} is ${form} (got ${JSON.stringify(got.slice(0, 80))}).`,
  );
}
