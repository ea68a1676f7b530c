/**
 * How headquarters hands out rights (DESIGN: grants, a bounded counter after Balegas et al.): how much
 * of a pool there is (`supply`, in the chain's feed), and which part of it one holder may spend
 * (`grant`). Amounts are whole numbers of the pool's smallest unit (protocol/rights/pool.ts).
 *
 * A grant never changes but for `recall`, which asks its holder for what is left.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { POOL_SOURCE } from '../rights/pool.ts';
import { CLOSED, documentId, plainId, time } from './document-parts.ts';

const pool = Type.String({ description: 'The pool, as `points:m-1`.', pattern: POOL_SOURCE });
const amount = (description: string, minimum: number) =>
  Type.Integer({ description, minimum, maximum: Number.MAX_SAFE_INTEGER });

export const grantDocument = Type.Object(
  {
    grantId: documentId('Made once, never used again.'),
    holder: plainId(
      'The gateway of the store whose feed this is; in the chain’s feed `online`, headquarters itself.',
    ),
    pool,
    amount: amount('What may be spent.', 1),
    expiresAt: time('From when on it is worth nothing, by headquarters’ time in the log.'),
    recall: Type.Optional(
      Type.Literal(true, { description: 'The holder gives back what is left of it.' }),
    ),
  },
  CLOSED,
);

export const supplyDocument = Type.Object(
  { pool, amount: amount('What there is to be handed out, what was spent included.', 0) },
  CLOSED,
);

export type Grant = Static<typeof grantDocument>;
export type Supply = Static<typeof supplyDocument>;
