/** What view-routes.ts and pool-routes.ts answer, as a part of the OpenAPI document. */
import { CONFLICT_RULES } from '../../protocol/conflicts/rules.ts';

type Schema = Record<string, unknown>;

const text: Schema = { type: 'string' };
const whole: Schema = { type: 'integer', minimum: 0 };
/** Whole smallest units beyond what a double holds. */
const amount: Schema = { type: 'string', pattern: '^-?[0-9]+$' };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const list = (items: Schema): Schema => ({ type: 'array', items });
const object = (properties: Record<string, Schema>): Schema => ({
  ...{ type: 'object', properties, required: Object.keys(properties) },
});

const place = object({ origin: text, index: whole });
const stock = object({
  ...{ chain: text, store: text, itemId: text, onHand: text, unit: orNull(text), events: whole },
  ...{ countedAt: orNull(place), reserved: amount },
});
const balance = { supplied: amount, spent: amount, balance: amount, uses: whole };
const points = object({ chain: text, earned: amount, ...balance });
const money = object({ chain: text, currency: text, pool: text, paidIn: amount, ...balance });
const coupon = object({
  ...{ chain: text, cap: orNull(whole), uses: whole, withoutRight: whole, codesUsed: whole },
  codes: list(object({ code: text, uses: whole })),
});
const conflictMembers = {
  ...{ conflictId: text, rule: { ...text, examples: Object.keys(CONFLICT_RULES) }, datum: text },
  sides: list(object({ origin: text, index: whole, says: orNull(text) })),
  winner: orNull(whole),
  state: { enum: ['open', 'decided'] },
  by: { enum: ['rule', 'person'] },
  decidedAt: { enum: ['gateway', 'headquarters'] },
  ...{ consequence: orNull(text), foundAt: orNull(text) },
  ...{ resolution: orNull(text), resolvedAt: orNull(text) },
};
const entry = object({ header: {}, body: orNull(text), bodyBytes: whole });
const inFull = object({
  ...conflictMembers,
  ...{ decides: orNull(text), entries: list(orNull(entry)), next: text },
});
const resolution: Schema = {
  type: 'object',
  properties: { note: { ...text, minLength: 1, maxLength: 512 }, winner: orNull(whole) },
  required: ['note'],
};

const json = (schema: Schema): Schema => ({ 'application/json': { schema } });
const refused = {
  description: 'A code of docs/errors.md, with what to do',
  content: json(object({ code: text, message: text, hint: text })),
};

function parameter(name: string, where: 'path' | 'query', schema: Schema = text): Schema {
  return { name, in: where, required: where === 'path', schema };
}

function answer(summary: string, schema: Schema, parameters: Schema[] = []): Schema {
  const responses = { 200: { description: 'The answer', content: json(schema) }, default: refused };
  return { summary, ...(parameters.length > 0 && { parameters }), responses };
}

const chain = parameter('chain', 'query');
const limit = parameter('limit', 'query', { type: 'integer', minimum: 1, maximum: 1_000 });
const named = (name: string): Schema => parameter(name, 'path');

export const VIEW_PATHS = {
  '/api/stock': {
    get: answer(
      'Stock on hand by store and item',
      object({ stock: list(stock), next: orNull(text) }),
      [chain, ...['store', 'item', 'after'].map((name) => parameter(name, 'query')), limit],
    ),
  },
  '/api/members/{memberId}': {
    get: answer('Points of a member', object({ memberId: text, points: list(points) }), [
      ...[named('memberId'), chain],
    ]),
  },
  '/api/coupons/{couponId}': {
    get: answer('Uses of a coupon', object({ couponId: text, coupons: list(coupon) }), [
      ...[named('couponId'), chain],
    ]),
  },
  '/api/accounts/{accountId}': {
    get: answer('Stored value', object({ accountId: text, balances: list(money) }), [
      ...[named('accountId'), chain],
    ]),
  },
  '/api/conflicts': {
    get: answer(
      'What could not both stand, the open ones first',
      object({ open: whole, decided: whole, conflicts: list(object(conflictMembers)) }),
    ),
  },
  '/api/conflicts/{conflictId}': {
    get: answer('One, with what both sides say', inFull, [named('conflictId')]),
  },
  '/api/conflicts/{conflictId}/resolve': {
    post: {
      ...answer('Says how one ends, once', object({ conflictId: text, entry: place }), [
        named('conflictId'),
      ]),
      security: [{ token: [] }],
      requestBody: { required: true, content: json(resolution) },
    },
  },
};
