/** Pieces that the transaction's form is made of (schema.ts). */
import Type from 'typebox';
import type { TNull, TOptional, TSchema, TUnion } from 'typebox';
import { CURRENCY_CODES } from '../currency.ts';
import { UUID_SOURCE } from '../ids.ts';
import { POOL_ID_SOURCE } from '../rights/pool.ts';
import { SCALE_MAX } from '../scaled.ts';

/** Domain, chain, store, gateway and epoch with their longest forms and slashes. */
export const ORIGIN_CHARACTERS_MAX = 400;

/** The chain's feed, the store's, and the log of the gateway itself. */
const PRICED_FROM_MAX = 4;

export const CLOSED = { additionalProperties: false } as const;

/** Absent and null mean the same. */
export function optional<T extends TSchema>(schema: T): TOptional<TUnion<[T, TNull]>> {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

export function integer(description: string, limits: { minimum?: number; maximum?: number } = {}) {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = limits;
  return Type.Integer({ description, minimum, maximum });
}

export function text(description: string, maxLength: number) {
  return Type.String({ description, maxLength });
}

export function amount(description: string) {
  return integer(`${description} An integer of the currency's minor unit.`);
}

export const scaledMembers = {
  value: integer('The digits as an integer.'),
  scale: integer('How many of the digits stand behind the decimal point.', {
    minimum: 0,
    maximum: SCALE_MAX,
  }),
};

export function scaled(description: string) {
  return Type.Object(scaledMembers, {
    ...CLOSED,
    description: `${description} The number is value × 10^−scale.`,
  });
}

export const uuid = (description: string) => Type.String({ description, pattern: UUID_SOURCE });

/** Of what is counted over all stores: a member, an account, a coupon or a code of it. */
export const rightsId = (description: string) =>
  Type.String({ description, pattern: `^${POOL_ID_SOURCE}$` });

export const currency = Type.Enum([...CURRENCY_CODES], {
  description: 'ISO 4217 code of the currency of every amount.',
});

export const pricedFrom = Type.Array(
  Type.Object(
    {
      origin: text('A feed, or the log of the gateway.', ORIGIN_CHARACTERS_MAX),
      size: integer('How much of it was in force.', { minimum: 0 }),
    },
    CLOSED,
  ),
  {
    description: 'The heads that prices were true for, as the answers to questions name them.',
    maxItems: PRICED_FROM_MAX,
  },
);
