/**
 * The form of a document for a printer, once: parsing checks against it, and the JSON Schema that
 * people who write tills code against is printed from it. What a schema cannot say (check digits,
 * pictures, sums of lengths) stands in document.ts and barcode-data.ts.
 *
 * A document says what is to be read and never how a printer is told: no control character, byte or
 * code page is part of it, so the same document prints on every model. Absent members have their
 * defaults; null is not taken. Limits may be raised, never lowered.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { CURRENCY_CODES } from '../currency.ts';
import { CLOSED } from './schema-parts.ts';
import {
  barcodeBlock,
  qrBlock,
  imageBlock,
  logoBlock,
  feedBlock,
  cutBlock,
} from './graphic-block-schemas.ts';
import { textBlock, columnsBlock, itemBlock, totalBlock, ruleBlock } from './text-block-schemas.ts';

export const RECEIPT_LANGUAGES = ['en', 'de', 'zh'] as const;
export type ReceiptLanguage = (typeof RECEIPT_LANGUAGES)[number];

/** The 5,000 lines, 1,000 taxes and 1,000 tenders of the largest transaction, and what is around. */
export const BLOCKS_MAX = 8_000;

/** Each kind of block by its `type`, for the parser, which names problems by the kind meant. */
export const BLOCK_SCHEMAS = {
  text: textBlock,
  columns: columnsBlock,
  item: itemBlock,
  total: totalBlock,
  rule: ruleBlock,
  barcode: barcodeBlock,
  qr: qrBlock,
  image: imageBlock,
  logo: logoBlock,
  feed: feedBlock,
  cut: cutBlock,
} as const;

const documentMembers = {
  language: Type.Optional(
    Type.Enum([...RECEIPT_LANGUAGES], {
      description: 'How amounts are written, and how wide shared symbols are; absent means en.',
    }),
  ),
  currency: Type.Optional(
    Type.Enum([...CURRENCY_CODES], {
      description: 'ISO 4217 code of amounts that name none; absent means they stand without.',
    }),
  ),
};

const block = Type.Union([
  textBlock,
  columnsBlock,
  itemBlock,
  totalBlock,
  ruleBlock,
  barcodeBlock,
  qrBlock,
  imageBlock,
  logoBlock,
  feedBlock,
  cutBlock,
]);

/** The document around its blocks; each of them is checked against its own schema. */
export const envelopeSchema = Type.Object(
  {
    ...documentMembers,
    blocks: Type.Array(Type.Unknown(), {
      description: 'From top to bottom.',
      maxItems: BLOCKS_MAX,
    }),
  },
  CLOSED,
);

export const documentSchema = Type.Object(
  {
    ...documentMembers,
    blocks: Type.Array(block, { description: 'From top to bottom.', maxItems: BLOCKS_MAX }),
  },
  {
    ...CLOSED,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:tillgate:receipt-document:1',
    title: 'Receipt document',
    description:
      'What a device asks a posPrinter to print: `document` of the operation print. Amounts are ' +
      'integers of minor units. docs/receipts.md shows every kind of block.',
  },
);

export type ReceiptDocument = Static<typeof documentSchema>;
export type ReceiptBlock = Static<typeof block>;
export type TextBlock = Static<typeof textBlock>;
export type ColumnsBlock = Static<typeof columnsBlock>;
export type ItemBlock = Static<typeof itemBlock>;
export type TotalBlock = Static<typeof totalBlock>;
export type BarcodeBlock = Static<typeof barcodeBlock>;
export type QrBlock = Static<typeof qrBlock>;
export type ImageBlock = Static<typeof imageBlock>;
