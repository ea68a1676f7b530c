/** What an operator may say of a scanner; each way of connecting adds its own. */
import { Type } from '../../config/schema-type.ts';
import type { Typed } from '../../config/schema-type.ts';
import { WEIGHT_UNITS } from '../weight.ts';
import { FALLBACK_ENCODINGS } from './barcode/decode-text.ts';
import { LAYOUT_PATTERN } from './barcode/embedded-code.ts';
import type { BarcodeOptions } from './barcode/read-barcode.ts';

export const SCANNER_SOURCES = ['unknown', 'customer', 'cashier'] as const;

export interface ScannerOptions extends BarcodeOptions {
  /** Whose hand it is in: told with every code. */
  readonly source: (typeof SCANNER_SOURCES)[number];
  readonly doubleReadMs: number;
  readonly startsDisabled: boolean;
}

export const SCANNER_MEMBERS: Readonly<Record<keyof ScannerOptions, Typed<unknown>>> = {
  source: Type.Enum(SCANNER_SOURCES, {
    default: 'unknown',
    description: 'Who holds codes before it; told with every code.',
  }),
  paymentCodes: Type.Boolean({
    default: true,
    description: 'Codes of WeChat Pay, Alipay and UnionPay may be read here.',
  }),
  doubleReadMs: Type.Integer({
    ...{ minimum: 0, maximum: 10_000, default: 500 },
    description: 'The same code again within this many milliseconds is one reading; 0 tells all.',
  }),
  startsDisabled: Type.Boolean({
    default: false,
    description: 'Codes are not told until a till enables the scanner.',
  }),
  fallbackEncoding: Type.Enum(FALLBACK_ENCODINGS, {
    default: 'gb18030',
    description: 'What text is that is not UTF-8.',
  }),
  embedded: Type.Array(
    Type.Object(
      {
        layout: Type.String({
          pattern: LAYOUT_PATTERN,
          description: 'For instance 21IIIIIWWWWWC or 2IIIIIVPPPPC.',
          allowed:
            'a prefix of digits, then I item, P price, W weight, V verifier, X any, C check digit',
        }),
        priceDecimals: Type.Integer({
          ...{ minimum: 0, maximum: 4, default: 2 },
          description: 'Digits behind the point of the price.',
        }),
        weightDecimals: Type.Integer({
          ...{ minimum: 0, maximum: 4, default: 3 },
          description: 'Digits behind the point of the weight.',
        }),
        weightUnit: Type.Enum(WEIGHT_UNITS, {
          default: 'kg',
          description: 'The unit of the weight.',
        }),
      },
      { description: 'One layout of codes with a price or a weight inside.' },
    ),
    {
      ...{ maxItems: 32, default: [] },
      description: 'Layouts of codes with a price or a weight inside; the first that fits counts.',
    },
  ),
};
