/** The blocks that hold no text to lay out: codes, pictures, feeds and cuts. */
import Type from 'typebox';
import { CLOSED, TEXT_PATTERN, align, integer, lineOfText } from './schema-parts.ts';

export const BARCODE_SYMBOLOGIES = ['ean13', 'ean8', 'upca', 'code39', 'itf', 'code128'] as const;
export type BarcodeSymbology = (typeof BARCODE_SYMBOLOGIES)[number];

/** A picture as wide as the paper and as long as a hand takes less than half of it. */
export const PICTURE_BYTES_MAX = 128 * 1024;
const PICTURE_BASE64_MAX = Math.ceil(PICTURE_BYTES_MAX / 3) * 4;
/** What the largest QR code holds (version 40, level L, bytes). */
const QR_CHARACTERS_MAX = 2_953;
const BARCODE_CHARACTERS_MAX = 80;
/** About 20 cm of empty paper. */
const FEED_LINES_MAX = 50;

export const barcodeBlock = Type.Object(
  {
    type: Type.Literal('barcode'),
    symbology: Type.Enum([...BARCODE_SYMBOLOGIES], { description: 'Which kind of bar code.' }),
    data: lineOfText(
      'The content. ean13, ean8 and upca take it with or without the check digit.',
      BARCODE_CHARACTERS_MAX,
    ),
    heightDots: Type.Optional(
      integer('Absent means 80, about 1 cm.', { minimum: 8, maximum: 255 }),
    ),
    moduleDots: Type.Optional(
      integer('Dots of the narrowest bar; absent means the widest of 2 and 3 that fits.', {
        minimum: 1,
        maximum: 6,
      }),
    ),
    text: Type.Optional(
      Type.Enum(['below', 'none'], { description: 'The content to read; absent means below.' }),
    ),
    align,
  },
  { ...CLOSED, description: 'A bar code.' },
);

export const qrBlock = Type.Object(
  {
    type: Type.Literal('qr'),
    text: Type.String({
      description: 'The content; it is stored as UTF-8.',
      minLength: 1,
      maxLength: QR_CHARACTERS_MAX,
      pattern: TEXT_PATTERN,
    }),
    moduleDots: Type.Optional(
      integer('Dots of a module; absent means the widest up to 6 that fits.', {
        minimum: 1,
        maximum: 16,
      }),
    ),
    errorLevel: Type.Optional(
      Type.Enum(['L', 'M', 'Q', 'H'], {
        description: 'How much may be missing: 7, 15, 25 or 30 %. Absent means M.',
      }),
    ),
    align,
  },
  { ...CLOSED, description: 'A QR code.' },
);

export const imageBlock = Type.Object(
  {
    type: Type.Literal('image'),
    png: Type.String({
      description: 'A PNG without interlace, in base64.',
      minLength: 4,
      maxLength: PICTURE_BASE64_MAX,
      pattern: '^[A-Za-z0-9+/]+={0,2}$',
    }),
    widthDots: Type.Optional(
      integer('It is scaled to this width; absent means its own, at most the paper.', {
        minimum: 8,
        maximum: 1_024,
      }),
    ),
    align,
  },
  { ...CLOSED, description: 'A picture; grey becomes a pattern of dots.' },
);

export const logoBlock = Type.Object(
  {
    type: Type.Literal('logo'),
    name: Type.String({
      description: "The name of a picture in the gateway's configuration.",
      pattern: '^[a-z0-9][a-z0-9-]{0,31}$',
    }),
    align,
  },
  { ...CLOSED, description: 'A picture that the gateway has.' },
);

export const feedBlock = Type.Object(
  {
    type: Type.Literal('feed'),
    lines: Type.Optional(integer('Absent means 1.', { minimum: 1, maximum: FEED_LINES_MAX })),
  },
  { ...CLOSED, description: 'Empty lines.' },
);

export const cutBlock = Type.Object(
  {
    type: Type.Literal('cut'),
    mode: Type.Optional(
      Type.Enum(['full', 'partial'], { description: 'Absent means as the printer does it.' }),
    ),
  },
  { ...CLOSED, description: 'Feeds to the cutter and cuts; without a cutter, feeds to the edge.' },
);
