/** The blocks that hold text: lines, columns, items, totals and rules. */
import Type from 'typebox';
import { CURRENCY_CODES } from '../currency.ts';
import { SCALE_MAX } from '../scaled.ts';
import { CLOSED, align, integer, lineOfText, style, text } from './schema-parts.ts';

/** More columns would have less than three cells each on narrow paper. */
export const COLUMNS_MAX = 8;
const DISCOUNTS_MAX = 100;
/** No paper is wider in cells of the smallest font. */
const CELLS_MAX = 64;

const amount = (description: string) =>
  integer(`${description} An integer of the currency's minor unit.`);

const currency = Type.Optional(
  Type.Enum([...CURRENCY_CODES], {
    description: "ISO 4217 code of the amounts; absent means the document's.",
  }),
);

const digits = {
  value: integer('The digits as an integer.'),
  scale: integer('How many of the digits stand behind the decimal point.', {
    minimum: 0,
    maximum: SCALE_MAX,
  }),
};

const unitPrice = Type.Object(digits, {
  ...CLOSED,
  description: 'Price of one unit in major units, before discounts: value × 10^−scale.',
});

const quantity = Type.Object(
  {
    ...digits,
    unit: Type.Optional(lineOfText('Unit of measure, such as EA or KGM (UN/ECE Rec 20).', 16)),
  },
  { ...CLOSED, description: 'How much: value × 10^−scale.' },
);

const column = Type.Object(
  {
    text: text('Lines that are too long wrap within the column.'),
    cells: Type.Optional(integer('Its width in cells.', { minimum: 1, maximum: CELLS_MAX })),
    share: Type.Optional(
      integer('Its share of what columns in cells leave; absent, with no cells, means 1.', {
        minimum: 1,
        maximum: 100,
      }),
    ),
    align,
    bold: style.bold,
  },
  { ...CLOSED, description: 'One column.' },
);

const itemDiscount = Type.Object(
  {
    description: Type.Optional(lineOfText('What it is called; absent means "discount".')),
    amount: amount('What the item gets cheaper by; printed with the opposite sign.'),
  },
  { ...CLOSED, description: 'A discount on the item.' },
);

export const textBlock = Type.Object(
  { type: Type.Literal('text'), text: text('Lines that are too long wrap.'), align, ...style },
  { ...CLOSED, description: 'Lines of text.' },
);

export const columnsBlock = Type.Object(
  {
    type: Type.Literal('columns'),
    columns: Type.Array(column, {
      description: 'From left to right, one empty cell between two.',
      minItems: 1,
      maxItems: COLUMNS_MAX,
    }),
    ...style,
  },
  { ...CLOSED, description: 'Texts side by side.' },
);

export const itemBlock = Type.Object(
  {
    type: Type.Literal('item'),
    description: text('What was sold.', 1_024),
    quantity: Type.Optional(quantity),
    unitPrice: Type.Optional(unitPrice),
    discounts: Type.Optional(
      Type.Array(itemDiscount, { description: 'Absent means none.', maxItems: DISCOUNTS_MAX }),
    ),
    amount: amount('What the line comes to before its discounts.'),
    currency,
  },
  { ...CLOSED, description: 'An article with its amount, formatted in the language.' },
);

export const totalBlock = Type.Object(
  {
    type: Type.Literal('total'),
    label: lineOfText('Stands on the left.'),
    amount: amount('Stands on the right.'),
    currency,
    ...style,
  },
  { ...CLOSED, description: 'A label with an amount: total, tax, tender, change.' },
);

export const ruleBlock = Type.Object(
  {
    type: Type.Literal('rule'),
    line: Type.Optional(Type.Enum(['single', 'double'], { description: 'Absent means single.' })),
  },
  { ...CLOSED, description: 'A line across the paper.' },
);
