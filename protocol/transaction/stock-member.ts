/**
 * The member `stock` of an adjustment: what it does to the goods that its lines name (SPEC.md section
 * 1.11). Which members belong to which movement stands in stock-rules.ts.
 */
import Type from 'typebox';
import { ID_SOURCE } from '../ids.ts';

/** A count says how much there is, all others by how much it changes. */
const MOVEMENTS = ['receipt', 'count', 'transferIn', 'transferOut', 'adjustment'];

const counterpart = Type.String({
  description: 'The other store of a transfer.',
  pattern: ID_SOURCE,
});
const asOf = Type.Integer({
  description: "Of a count: the log's index that it is true for; absent is the entry itself.",
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
});

export const stockMember = Type.Object(
  {
    movement: Type.Enum(MOVEMENTS, { description: 'What happened to the goods.' }),
    counterpart: Type.Optional(Type.Union([counterpart, Type.Null()])),
    asOf: Type.Optional(Type.Union([asOf, Type.Null()])),
  },
  {
    additionalProperties: false,
    description: 'Of an adjustment: it moves goods, by the quantities of its lines.',
  },
);
