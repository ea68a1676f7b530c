/**
 * One change of a feed: a document put in the place of what had its id, or a document gone. It
 * travels as one line of RFC 8785 JSON:
 *
 *     {"collection":"item","document":{…},"op":"put"}
 *     {"collection":"price","id":"4711/EUR//","op":"delete"}
 *
 * `checkChange` judges what somebody wrote or sent: all problems, each with its JSON Pointer. Pure.
 */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { isGtin, toGtin14 } from '../barcode/gtin.ts';
import { minorUnitDigits } from '../currency.ts';
import type { ErrorCode } from '../errors.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { shorten } from '../json/pointer.ts';
import { canonicalText } from '../log/canonical-line.ts';
import { must } from '../must.ts';
import { isCollection } from './collections.ts';
import { COLLECTIONS, FEED_SCHEMA_VERSION, documentIdOf } from './documents.ts';
import type { Collection } from './collections.ts';
import type { Coupon, DocumentOf, FeedDocument, Item, Member, Price } from './documents.ts';

export type Put = { op: 'put'; collection: Collection; id: string; document: FeedDocument };
export type Delete = { op: 'delete'; collection: Collection; id: string };
export type FeedChange = Put | Delete;

export type FeedProblem = {
  code: ErrorCode;
  /** JSON Pointer into the change; `""` for the whole of it. */
  path: string;
  message: string;
};

export type CheckedChange =
  { ok: true; change: FeedChange } | { ok: false; problems: readonly FeedProblem[] };

/** What a line of a change may weigh, so that some fit an entry. */
export const CHANGE_BYTES_MAX = 16 * 1024;
const PROBLEMS_MAX = 20;
const ID_CHARACTERS_MAX = 256;

const forms = new Map<Collection, ReturnType<typeof Compile>>();

/** Compiled when the first document of the collection comes: most processes see none. */
function formOf(collection: Collection): ReturnType<typeof Compile> {
  const known = forms.get(collection);
  if (known !== undefined) return known;
  const form = Compile(COLLECTIONS[collection].schema as TSchema);
  forms.set(collection, form);
  return form;
}

/** Judges a parsed line, or an object of the same form that somebody wants to publish. */
export function checkChange(value: Json): CheckedChange {
  if (!isJsonObject(value)) return refuse(problem('FEED_DOCUMENT_INVALID', '', 'It is no object.'));
  const version = value['schemaVersion'] ?? FEED_SCHEMA_VERSION;
  if (version !== FEED_SCHEMA_VERSION) return refuse(versionProblem(version));
  const { collection, op } = value;
  if (!isCollection(collection)) {
    const name = typeof collection === 'string' ? `“${shorten(collection, 40)}”` : 'it names';
    const message = `There is no collection ${name}.`;
    return refuse(problem('FEED_COLLECTION_UNKNOWN', '/collection', message));
  }
  if (op === 'delete') return checkDelete(collection, value['id']);
  if (op === 'put') return checkPut(collection, value['document']);
  return refuse(problem('FEED_DOCUMENT_INVALID', '/op', 'op is neither put nor delete.'));
}

/** The line, without LF. */
export function changeLine(change: FeedChange): string {
  const { op, collection } = change;
  const line = op === 'put' ? { op, collection, document: change.document as Json } : change;
  return must(canonicalText(line as Json), 'a checked change has a canonical form');
}

/** The codes by which people find a document; no two documents of a collection share one. */
export function codesOf(collection: Collection, document: FeedDocument): string[] {
  if (collection === 'item') {
    const { gtins = [], codes = [], embedded } = document as Item;
    const label = embedded === undefined ? [] : [`${LABEL_MARK}${embedded.prefix}`];
    return [...new Set([...gtins.map(toGtin14), ...codes.map(lookUpCode), ...label])];
  }
  if (collection === 'member') return [...((document as Member).cards ?? [])];
  if (collection === 'coupon') return [...((document as Coupon).codes ?? [])];
  return [];
}

/** What a document belongs to, where it is found by that: a price by its item. */
export function referenceOf(collection: Collection, document: FeedDocument): string | null {
  return collection === 'price' ? (document as Price).itemId : null;
}

/** Before the prefix of a label in the list of codes: no code of people holds a control character. */
export const LABEL_MARK = '\u0001';

/** A code that is a GTIN is known by its 14 digits. */
export function lookUpCode(code: string): string {
  return isGtin(code) ? toGtin14(code) : code;
}

function checkDelete(collection: Collection, id: Json | undefined): CheckedChange {
  if (typeof id === 'string' && id !== '' && id.length <= ID_CHARACTERS_MAX) {
    return { ok: true, change: { op: 'delete', collection, id } };
  }
  return refuse(problem('FEED_DOCUMENT_INVALID', '/id', 'id is missing or no text.'));
}

function checkPut(collection: Collection, value: Json | undefined): CheckedChange {
  const form = formOf(collection);
  if (!form.Check(value)) {
    const errors = form.Errors(value);
    const problems = errors
      .slice(0, PROBLEMS_MAX)
      .map(({ instancePath, message }) =>
        problem(
          'FEED_DOCUMENT_INVALID',
          `/document${instancePath}`,
          `${instancePath === '' ? 'The document' : instancePath.slice(1)} ${message}.`,
        ),
      );
    const meaning = isJsonObject(value) ? amountProblems(collection, value) : [];
    return { ok: false, problems: meaning.length > 0 ? [...meaning, ...problems] : problems };
  }
  const document = value as FeedDocument;
  const problems = [
    ...amountProblems(collection, value as JsonObject),
    ...meaningProblems(collection, document),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const id = documentIdOf(collection, document);
  const change: Put = { op: 'put', collection, id, document };
  if (Buffer.byteLength(changeLine(change)) <= CHANGE_BYTES_MAX) return { ok: true, change };
  const message = `It has more than ${CHANGE_BYTES_MAX} bytes.`;
  return refuse(problem('FEED_DOCUMENT_INVALID', '', message));
}

/** What has a code of its own, whatever else is wrong. */
function amountProblems(collection: Collection, document: JsonObject): FeedProblem[] {
  const problems: FeedProblem[] = [];
  const money = document['currency'];
  if (typeof money === 'string' && minorUnitDigits(money) === undefined) {
    const message = `${shorten(money, 16)} is no currency of ISO 4217.`;
    problems.push(problem('FEED_CURRENCY_UNKNOWN', '/document/currency', message));
  }
  const amount = document['amount'];
  const value = isJsonObject(amount) ? amount['value'] : undefined;
  if (collection === 'price' && typeof value === 'number' && value < 0) {
    const message = 'The price is below zero.';
    problems.push(problem('FEED_PRICE_NEGATIVE', '/document/amount/value', message));
  }
  return problems;
}

/** What a schema cannot say. */
function meaningProblems(collection: Collection, document: FeedDocument): FeedProblem[] {
  const wrong = (path: string, message: string): FeedProblem =>
    problem('FEED_DOCUMENT_INVALID', `/document${path}`, message);
  const problems: FeedProblem[] = [];
  if (collection === 'item') {
    const { gtins = [], embedded } = document as Item;
    gtins.forEach((gtin, at) => {
      if (!isGtin(gtin)) problems.push(wrong(`/gtins/${at}`, `${gtin} has a wrong check digit.`));
    });
    if (embedded !== undefined && embedded.prefix.length + embedded.digits > 12) {
      problems.push(wrong('/embedded/digits', 'A label has 12 digits before its check digit.'));
    }
  }
  const { from, to } = document as Price;
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    problems.push(wrong('/to', 'It ends before it begins.'));
  }
  if (collection === 'price') {
    const { scope } = document as Price;
    if (scope?.store !== undefined && scope.zone !== undefined) {
      problems.push(wrong('/scope', 'A price counts in a zone or in a store, not both.'));
    }
  }
  if (collection === 'command') {
    const { action, peripheralId, level } = document as DocumentOf['command'];
    if (action === 'restartPeripheral' && peripheralId === undefined) {
      problems.push(wrong('/peripheralId', 'It does not say which peripheral.'));
    }
    if (action === 'setLogLevel' && level === undefined) {
      problems.push(wrong('/level', 'It does not say which level.'));
    }
  }
  if (collection === 'coupon') problems.push(...couponProblems(document as Coupon, wrong));
  return problems;
}

function couponProblems(
  { amount, currency, rate, cap, singleUse }: Coupon,
  wrong: (path: string, message: string) => FeedProblem,
): FeedProblem[] {
  if ((amount === undefined) === (rate === undefined)) {
    return [wrong('', 'A coupon takes off an amount or a rate: one of the two.')];
  }
  if ((amount === undefined) !== (currency === undefined)) {
    return [wrong('/currency', 'An amount needs its currency.')];
  }
  if (cap !== undefined && singleUse === true) {
    return [wrong('/cap', 'A coupon has a cap or codes that count once: not both.')];
  }
  return [];
}

function versionProblem(version: Json): FeedProblem {
  const isLater = typeof version === 'number' && version > FEED_SCHEMA_VERSION;
  const shown = shorten(JSON.stringify(version), 40);
  return isLater
    ? problem('FEED_SCHEMA_NEWER', '/schemaVersion', `It is of schemaVersion ${shown}.`)
    : problem('FEED_DOCUMENT_INVALID', '/schemaVersion', `${shown} is no schemaVersion.`);
}

function problem(code: ErrorCode, path: string, message: string): FeedProblem {
  return { code, path, message };
}

function refuse(...problems: FeedProblem[]): CheckedChange {
  return { ok: false, problems };
}
