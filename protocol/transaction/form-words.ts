/**
 * What the explanation of a form calls things: the same walk over a schema speaks of transactions
 * here and of documents for printers elsewhere, each with its own codes.
 */
import type { ErrorCode } from '../errors.ts';
import type { Json } from '../json/json-value.ts';
import type { JsonType } from '../json/type-name.ts';

/** What can be wrong with a value that its schema does not allow. */
type FormFault =
  | 'currencyUnknown'
  | 'dateInvalid'
  | 'memberMissing'
  | 'memberUnknown'
  | 'numberOutOfRange'
  | 'tooLong'
  | 'typeWrong'
  | 'valueInvalid';

export type FormWords = {
  /** The subject of a sentence about the value as a whole. */
  whole: string;
  /** What an unknown member is not part of. */
  format: string;
  codes: Readonly<Record<FormFault, ErrorCode>>;
};

export const TRANSACTION_WORDS: FormWords = {
  whole: 'The transaction',
  format: 'the transaction format',
  codes: {
    currencyUnknown: 'TXN_CURRENCY_UNKNOWN',
    dateInvalid: 'TXN_DATE_INVALID',
    memberMissing: 'TXN_MEMBER_MISSING',
    memberUnknown: 'TXN_MEMBER_UNKNOWN',
    numberOutOfRange: 'TXN_NUMBER_OUT_OF_RANGE',
    tooLong: 'TXN_TOO_LONG',
    typeWrong: 'TXN_TYPE_WRONG',
    valueInvalid: 'TXN_VALUE_INVALID',
  },
};

/** The part of JSON Schema that the schemas of forms are written in. */
export type SchemaNode = {
  type?: JsonType;
  description?: string;
  properties?: Record<string, SchemaNode>;
  required?: readonly string[];
  additionalProperties?: boolean;
  patternProperties?: Record<string, SchemaNode>;
  maxProperties?: number;
  items?: SchemaNode;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  enum?: readonly Json[];
  anyOf?: readonly SchemaNode[];
};
