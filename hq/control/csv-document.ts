/**
 * From a line of a CSV file to a document: columns are the members of the document; `name:en` is the
 * name in English, lists are separated by spaces, amounts and rates are decimal text, the value of a
 * key of the configuration is JSON or else text, and an empty field is absent. Whether the document
 * is right is for others to judge.
 */
import { parseStrictJson } from '../../protocol/json/strict-json.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import type { Collection } from '../../protocol/feed/collections.ts';
import { parseScaled } from '../../protocol/scaled.ts';

type FieldKind = 'text' | 'list' | 'decimal' | 'integer' | 'boolean' | 'json';

const KINDS: Readonly<Record<string, FieldKind>> = {
  ...{ gtins: 'list', codes: 'list', cards: 'list', zones: 'list' },
  ...{ amount: 'decimal', rate: 'decimal', points: 'integer', included: 'boolean' },
  ...{ cap: 'integer', singleUse: 'boolean', withoutGrant: 'integer' },
  ...{ value: 'json', locked: 'boolean', revoked: 'boolean' },
  ...{ publish: 'list', subscribe: 'list', rights: 'list' },
};
/** Members that are there or not: `false` in a file says that they are not. */
const PRESENT_OR_NOT: ReadonlySet<string> = new Set(['locked', 'revoked']);
const LABEL = {
  labelPrefix: 'prefix',
  labelHolds: 'holds',
  labelDigits: 'digits',
  labelScale: 'scale',
};

export function csvDocument(
  collection: Collection,
  record: Record<string, string>,
): { document: JsonObject; problem?: string } {
  const document: JsonObject = {};
  const names: JsonObject = {};
  const embedded: JsonObject = {};
  const scope: JsonObject = {};
  for (const [column, text] of Object.entries(record)) {
    if (text === '' || column === 'op' || column === 'collection') continue;
    if (column.startsWith('name:')) names[column.slice('name:'.length)] = text;
    else if (Object.hasOwn(LABEL, column)) {
      const isText = column === 'labelPrefix' || column === 'labelHolds';
      embedded[LABEL[column as keyof typeof LABEL]] = isText ? text : Number(text);
    } else if (collection === 'price' && (column === 'zone' || column === 'store')) {
      scope[column] = text;
    } else if (collection === 'device' && column === 'key') {
      // A PEM or JWK has spaces, so a line names one key; more of them need JSON.
      document['keys'] = [text];
    } else {
      const value = valueOf(kindOf(collection, column), text);
      if (value === undefined)
        return { document, problem: `The column ${column} cannot hold “${text.slice(0, 40)}”.` };
      if (value !== false || !PRESENT_OR_NOT.has(column)) document[column] = value;
    }
  }
  if (Object.keys(names).length > 0) document['names'] = names;
  if (Object.keys(embedded).length > 0) document['embedded'] = embedded;
  if (Object.keys(scope).length > 0) document['scope'] = scope;
  return { document };
}

/** What is published of rights and supply is counted, not measured. */
function kindOf(collection: Collection, column: string): FieldKind {
  if (column === 'amount' && (collection === 'grant' || collection === 'supply')) return 'integer';
  return KINDS[column] ?? 'text';
}

function valueOf(kind: FieldKind, text: string): Json | undefined {
  switch (kind) {
    case 'text':
      return text;
    case 'list':
      return text.split(/\s+/);
    case 'decimal':
      return parseScaled(text);
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'json': {
      const { value, faults } = parseStrictJson(Buffer.from(text));
      return value === undefined || faults.length > 0 ? text : value;
    }
  }
}
