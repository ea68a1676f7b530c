/** What an operator may say about peripherals; which there are stands in their own registry. */
import { GROUP } from './shared-keys.ts';
import { Type } from './schema-type.ts';

/** A letterhead, not a leaflet. */
const RECEIPT_LINES_MAX = 32;

const receiptLines = (description: string) =>
  Type.Array(
    Type.String({
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{0,256}$',
      allowed: 'a line of text, up to 256 characters',
    }),
    { maxItems: RECEIPT_LINES_MAX, default: [], description, live: true },
  );

export const peripherals = Type.Object(
  {
    receipts: Type.Object(
      {
        language: Type.Enum(['en', 'de', 'zh'], {
          default: 'en',
          description: 'The language of receipts where a till names none.',
          live: true,
        }),
        logo: Type.Optional(
          Type.String({
            pattern: '^[a-z0-9][a-z0-9-]{0,31}$',
            allowed: 'the name of a PNG in the folder logos, without .png',
            description: 'A picture above each receipt.',
            live: true,
          }),
        ),
        header: receiptLines('Lines above each receipt: the name and address of the store.'),
        footer: receiptLines('Lines below each receipt.'),
      },
      { ...GROUP, description: 'Receipts that are printed out of the log.' },
    ),
  },
  {
    ...GROUP,
    description: 'Printers, drawers, scanners and scales; add them with the command line.',
  },
);
