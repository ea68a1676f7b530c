/**
 * The transaction's form, once: validation compiles this schema, and the JSON Schema for people who
 * write tills is printed from it. What a schema cannot say (sums, signs) stands in arithmetic.ts.
 *
 * Limits on texts and arrays are far above what shops use and keep an accepted transaction within
 * what headquarters can index. They may be raised, never lowered: what was accepted stays readable.
 */
import Type from 'typebox';
import Format from 'typebox/format';
import type { Static } from 'typebox';
import { isCalendarDate, isDateTime } from '../calendar.ts';
import { LINES_MAX } from './judgement.ts';
import {
  CLOSED,
  optional,
  integer,
  text,
  amount,
  scaledMembers,
  scaled,
  uuid,
  rightsId,
  currency,
  ORIGIN_CHARACTERS_MAX,
  pricedFrom,
} from './schema-parts.ts';
import { stockMember } from './stock-member.ts';

// The library's own checks of these formats differ between its versions; ours are specified.
Format.Set('date', isCalendarDate);
Format.Set('date-time', isDateTime);

/** The format of transactions that this release interprets. */
export const SCHEMA_VERSION = 1;

export const TRANSACTION_TYPES = [
  'sale',
  'return',
  'void',
  'adjustment',
  'cashMovement',
  'noSale',
] as const;
export type TransactionType = (typeof TRANSACTION_TYPES)[number];

/** `/lines/0/discounts` and the like: more would not be a receipt that anybody reads. */
const DISCOUNTS_MAX = 100;
const TAXES_MAX = 1_000;
const TENDERS_MAX = 1_000;
const EXTENSIONS_MAX = 64;
const CODE_CHARACTERS_MAX = 64;
const REFERENCE_CHARACTERS_MAX = 128;
const DESCRIPTION_CHARACTERS_MAX = 1_024;
/** RFC 3339 allows any number of digits for the fraction of a second. */
const TIME_CHARACTERS_MAX = 64;
const discount = Type.Object(
  {
    code: optional(text('Which discount this is.', CODE_CHARACTERS_MAX)),
    amount: amount('What the line gets cheaper by; it has the sign of quantity × unitPrice.'),
    couponId: optional(rightsId('The coupon that a sale uses by it.')),
    couponCode: optional(rightsId('The code of the coupon; with couponId.')),
  },
  { ...CLOSED, description: 'A discount on one line.' },
);

const line = Type.Object(
  {
    lineNumber: integer('Number of the line, unique in the transaction.', { minimum: 1 }),
    itemId: Type.String({
      description: 'The article: GTIN, SKU or stock code.',
      minLength: 1,
      maxLength: REFERENCE_CHARACTERS_MAX,
    }),
    description: optional(text('What the receipt calls the article.', DESCRIPTION_CHARACTERS_MAX)),
    quantity: Type.Object(
      {
        ...scaledMembers,
        unit: optional(text('Unit of measure, such as EA or KGM (UN/ECE Rec 20).', 16)),
      },
      {
        ...CLOSED,
        description: 'How much; zero and negative are allowed. The number is value × 10^−scale.',
      },
    ),
    unitPrice: scaled('Price of one unit in major units of the currency, before discounts.'),
    discounts: optional(
      Type.Array(discount, { description: 'Absent means none.', maxItems: DISCOUNTS_MAX }),
    ),
    extendedAmount: amount(
      'quantity × unitPrice, rounded half away from zero, less the discounts.',
    ),
    storedValueAccountId: optional(
      rightsId('The account that extendedAmount is put on, or taken from where it is negative.'),
    ),
  },
  { ...CLOSED, description: 'One article on the receipt.' },
);

const tax = Type.Object(
  {
    code: optional(text('Which tax this is.', CODE_CHARACTERS_MAX)),
    rate: optional(scaled('The rate as a fraction: 20 % is value 20, scale 2.')),
    amount: amount('The tax as the till computed it; it is not recomputed.'),
    included: optional(
      Type.Boolean({ description: 'True when the lines already contain it; absent means false.' }),
    ),
  },
  { ...CLOSED, description: 'One tax of the whole transaction.' },
);

const tender = Type.Object(
  {
    type: Type.String({
      description:
        'How it was paid; known: cash, change, card, voucher, points, storedValue, rounding, other.',
      pattern: '^[a-z][a-zA-Z]{0,31}$',
    }),
    amount: amount('What was paid, positive towards the store; change is zero or negative.'),
    memberId: optional(rightsId('With type points: whose they are.')),
    points: optional(integer('With type points: how many are spent; negative is put back.')),
    accountId: optional(rightsId('With type storedValue: the account that pays or is paid.')),
  },
  { ...CLOSED, description: 'One means of payment.' },
);

const loyalty = Type.Object(
  {
    memberId: rightsId('Who earns them.'),
    pointsEarned: integer('How many; a void earns none.', { minimum: 0 }),
  },
  { ...CLOSED, description: 'Points that the member earns by it.' },
);

export const lastResultSchema = Type.Object(
  {
    origin: text("The accepted result's origin.", ORIGIN_CHARACTERS_MAX),
    index: integer("The accepted result's index.", { minimum: 0 }),
    leafHash: Type.String({
      description: "The accepted result's leafHash, as it was given.",
      pattern: '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$',
    }),
  },
  { ...CLOSED, description: 'The last accepted result that the device holds; never hashed.' },
);

const extensions = Type.Record(
  Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}(\\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}){1,9}$',
  }),
  Type.Unknown(),
  {
    additionalProperties: false,
    maxProperties: EXTENSIONS_MAX,
    description: 'Data of others under reverse domain names: kept and hashed, not interpreted.',
  },
);

export const transactionSchema = Type.Object(
  {
    schemaVersion: optional(integer('Format of the transaction; absent means 1.', { minimum: 1 })),
    transactionId: uuid('The till makes it once for a sale: a UUID in lower case, of any version.'),
    type: Type.Enum([...TRANSACTION_TYPES], { description: 'What kind of transaction this is.' }),
    sequenceNumber: integer("The device's own count; gaps are noted.", { minimum: 0 }),
    businessDate: Type.String({ description: 'Trading day (RFC 3339 full-date).', format: 'date' }),
    occurredAt: Type.String({
      description: 'When it happened at the till (RFC 3339 date-time, any offset).',
      maxLength: TIME_CHARACTERS_MAX,
      format: 'date-time',
    }),
    operatorId: optional(text('Who stood at the till.', REFERENCE_CHARACTERS_MAX)),
    currency,
    lines: optional(Type.Array(line, { description: 'Absent means empty.', maxItems: LINES_MAX })),
    taxes: optional(Type.Array(tax, { description: 'Absent means empty.', maxItems: TAXES_MAX })),
    tenders: optional(
      Type.Array(tender, {
        description: 'They add up to total. Absent means empty.',
        maxItems: TENDERS_MAX,
      }),
    ),
    total: amount('What is owed: lines and taxes that are not included, or the cash moved.'),
    customerId: optional(text('Who bought.', REFERENCE_CHARACTERS_MAX)),
    loyalty: optional(loyalty),
    originalTransactionId: optional(uuid('The transaction that this one returns or voids.')),
    stock: optional(stockMember),
    pricedFrom: optional(pricedFrom),
    extensions: optional(extensions),
    training: optional(Type.Boolean({ description: 'Kept, but never part of any total.' })),
    lastResult: optional(lastResultSchema),
  },
  {
    ...CLOSED,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:tillgate:transaction:1',
    title: 'Transaction',
    description:
      'What a device submits on transactions/{deviceId}/submit. Every number is an integer ' +
      'literal; null means absent. protocol/SPEC.md section 1 holds the rules for sums.',
  },
);

export type Transaction = Static<typeof transactionSchema>;

/** The least that must read in a transaction of a later schemaVersion, for custody. */
export const laterVersionSchema = Type.Object({
  schemaVersion: integer('Format of the transaction.', { minimum: SCHEMA_VERSION + 1 }),
  transactionId: uuid('A UUID in lower case, of any version.'),
  currency,
  lines: Type.Optional(Type.Unknown()),
  tenders: optional(
    Type.Array(Type.Object({ amount: amount('What was paid.') }), { maxItems: TENDERS_MAX }),
  ),
  total: amount('What is owed.'),
});
