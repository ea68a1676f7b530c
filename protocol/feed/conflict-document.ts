/**
 * A conflict that headquarters decided or lets people decide, as the stores that it concerns see it
 * (protocol/conflicts/rules.ts has the rules). Headquarters’ own log has the entry.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { CLOSED, time } from './document-parts.ts';

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });

const side = Type.Object(
  {
    origin: Type.String({ description: 'The log.', maxLength: 256 }),
    index: Type.Integer({ minimum: 0 }),
    says: Type.Optional(Type.String({ maxLength: 256 })),
  },
  { ...CLOSED, description: 'An entry that takes part in it.' },
);

export const conflictDocument = Type.Object(
  {
    conflictId: Type.String({
      description: 'The same wherever it is found.',
      pattern: '^[!-~]{1,256}$',
    }),
    rule: text(64),
    datum: text(256),
    sides: Type.Array(side, { minItems: 1, maxItems: 16 }),
    winner: Type.Union([Type.Integer({ minimum: 0, maximum: 15 }), Type.Null()], {
      description: 'Which side stands; null where a person decides, or no side has to fall.',
    }),
    consequence: Type.Optional(text(512)),
    decidedAt: time('By headquarters’ clock.'),
    resolution: Type.Optional(text(512)),
  },
  CLOSED,
);

export type ConflictDocument = Static<typeof conflictDocument>;
export type ConflictSide = Static<typeof side>;
