/**
 * The answers that a device gets, as a schema for people who write tills. Tills should take members
 * that are not listed: answers may gain some, so no object here is closed. A test holds that this
 * is the form of `Result` in result.ts.
 */
import Type from 'typebox';
import { ERROR_CODES } from '../error-codes.ts';
import { UUID_SOURCE } from '../ids.ts';

const hash = (description: string) =>
  Type.String({ description, pattern: '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$' });
const index = (description: string) => Type.Integer({ description, minimum: 0 });
const time = Type.String({
  description: 'When the gateway recorded it, by its own clock (RFC 3339, UTC).',
});

const common = {
  transactionId: Type.Union([Type.String({ pattern: UUID_SOURCE }), Type.Null()], {
    description: 'The id as submitted; null when it could not be read or not be trusted.',
  }),
  submissionHash: hash(
    'SHA-256 of the payload as the gateway received it: this tells which submission is meant.',
  ),
};

const codes = Object.keys(ERROR_CODES).filter((code) => /^(TXN|RIGHTS|COUPON)_/.test(code));
codes.push('LEDGER_BUSY', 'LEDGER_DISK_FULL', 'LEDGER_IO');

const problems = Type.Array(
  Type.Object({
    code: Type.String({
      description: 'Stable name of the rule; docs/errors.md explains each.',
      examples: codes,
    }),
    path: Type.String({ description: 'JSON Pointer into the transaction; empty for the whole.' }),
    expected: Type.Optional(
      Type.Unknown({ description: 'What would be right; a decimal text beyond 2^53.' }),
    ),
    got: Type.Optional(Type.Unknown({ description: 'What stood there, shortened.' })),
    message: Type.String({ description: 'What is wrong, for people.' }),
    hint: Type.String({ description: 'What to do about it, for people.' }),
  }),
  { minItems: 1, description: 'Every problem found, up to a hundred.' },
);

const entry = {
  origin: Type.String({ description: 'The log that holds the entry; it may change in operation.' }),
  index: index('The entry in that log.'),
};

const pool = Type.String({
  description:
    'What it is counted in: points:MEMBER, storedValue:ACCOUNT/CUR, coupon:COUPON[/CODE].',
});
const amount = index("In the pool's smallest unit: points, uses, minor units.");

const rights = Type.Object(
  {
    debits: Type.Array(
      Type.Object({
        pool,
        amount,
        from: Type.Array(Type.Object({ grantId: Type.String(), amount }), {
          description: 'The grants it was taken from; `own` is what was earned at this gateway.',
        }),
        by: Type.Enum(['grant', 'policy'], {
          description: 'policy: a single-use code that was taken without a right.',
        }),
        left: index('What this gateway may still spend of the pool.'),
      }),
    ),
    credits: Type.Array(Type.Object({ pool, amount })),
  },
  { description: 'What was spent and credited; absent where nothing that is counted was named.' },
);

export const resultSchema = Type.Union(
  [
    Type.Object(
      {
        ...common,
        outcome: Type.Literal('accepted'),
        ...entry,
        leafHash: hash(
          'RFC 6962 leaf hash of the entry: what a proof of the sale is checked with.',
        ),
        recordedAt: time,
        rights: Type.Optional(rights),
      },
      { description: 'Booked, on stable storage, and on its way to headquarters.' },
    ),
    Type.Object(
      {
        ...common,
        outcome: Type.Literal('rejected'),
        origin: Type.Optional(entry.origin),
        index: entry.index,
        recordedAt: Type.Optional(time),
        errors: problems,
        errorsOmitted: Type.Optional(
          index('At least so many more problems were found; absent means none.'),
        ),
      },
      {
        description: 'Recorded, not booked. Corrected content under the same id is judged afresh.',
      },
    ),
    Type.Object(
      {
        ...common,
        outcome: Type.Literal('conflict'),
        origin: Type.Optional(entry.origin),
        index: entry.index,
        recordedAt: Type.Optional(time),
        claimedBy: Type.Object(
          { ...entry, leafHash: hash('Leaf hash of the entry that stands.') },
          { description: 'The accepted entry that has the id.' },
        ),
        errors: problems,
      },
      { description: 'The id belongs to other content. Both are kept, the first stands.' },
    ),
    Type.Object(
      {
        ...common,
        outcome: Type.Literal('review'),
        origin: Type.Optional(entry.origin),
        index: entry.index,
        recordedAt: Type.Optional(time),
      },
      { description: 'Reserved: held by a risk rule until a supervisor decides.' },
    ),
    Type.Object(
      {
        ...common,
        outcome: Type.Literal('unavailable'),
        errors: problems,
        retryAfterMs: index('Wait this long before the same bytes are sent again.'),
      },
      { description: 'Not recorded and not acknowledged; the connection is closed after it.' },
    ),
  ],
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:tillgate:result:1',
    title: 'Result',
    description: 'What a device is answered on transactions/{deviceId}/result.',
  },
);
