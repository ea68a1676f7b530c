/** What devices may ask on `queries/{deviceId}/request`, and the form of the answers. */
import Type from 'typebox';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { CODE_CHARACTERS_MAX } from '../../protocol/barcode/read-code.ts';
import { isDateTime } from '../../protocol/calendar.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { UUID_SOURCE } from '../../protocol/ids.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { parseStrictJson } from '../../protocol/json/strict-json.ts';
import { POOL_ID_SOURCE } from '../../protocol/rights/pool.ts';

/** A code and an id; what a till sends is a fraction of it. */
export const QUERY_BYTES_MAX = 4 * 1024;

export const QUERY_KINDS = [
  'item',
  'price',
  'stock',
  'member',
  'coupon',
  'storedValue',
  'tax',
  'transaction',
] as const;
export type QueryKind = (typeof QUERY_KINDS)[number];

const ID = Type.String({ minLength: 1, maxLength: 128 });
const text = Type.String({ minLength: 1, maxLength: CODE_CHARACTERS_MAX });

const querySchema = Type.Object(
  {
    queryId: ID,
    query: Type.Enum([...QUERY_KINDS]),
    code: Type.Optional(text),
    id: Type.Optional(text),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$' })),
    at: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);

export type Query = Static<typeof querySchema>;

export type QueryProblem = { code: ErrorCode; path: string; message: string };

export type ReadQuery =
  | { ok: true; query: Query }
  /** What could be read of it goes back with the refusal. */
  | { ok: false; queryId: string | null; query: string | null; problem: QueryProblem };

const BY_ID_ALONE: ReadonlySet<string> = new Set<QueryKind>(['tax', 'transaction', 'storedValue']);

const form = Compile(querySchema);
const UUID = new RegExp(UUID_SOURCE);
const ACCOUNT = new RegExp(`^${POOL_ID_SOURCE}$`);

export function readQuery(payload: Uint8Array): ReadQuery {
  const { value, faults } = parseStrictJson(payload);
  if (!isJsonObject(value) || faults.length > 0) {
    return refuse(null, invalid('', 'The question is no JSON object.'));
  }
  if (typeof value['query'] === 'string' && !QUERY_KINDS.some((kind) => kind === value['query'])) {
    const message = 'There is no such kind of question.';
    return refuse(value, { code: 'QUERY_UNKNOWN', path: '/query', message });
  }
  if (!form.Check(value)) {
    const [first] = form.Errors(value);
    const path = first?.instancePath ?? '';
    return refuse(
      value,
      invalid(path, `${path === '' ? 'The question' : path} ${first?.message ?? 'is wrong'}.`),
    );
  }
  const problem = meaningProblem(value);
  return problem === undefined ? { ok: true, query: value } : refuse(value, problem);
}

function meaningProblem({ query, code, id, at }: Query): QueryProblem | undefined {
  // One of many codes of a coupon need not stand in its document.
  const mayHaveBoth = query === 'coupon' && code !== undefined;
  if ((code === undefined) === (id === undefined) && !mayHaveBoth) {
    return invalid('', 'A question has a code or an id, one of the two.');
  }
  if (code !== undefined && BY_ID_ALONE.has(query)) {
    return invalid('/code', 'It is asked for by its id.');
  }
  if (query === 'transaction' && !UUID.test(id ?? '')) {
    return invalid('/id', 'The id of a transaction is a UUID in lower case.');
  }
  if (query === 'storedValue' && !ACCOUNT.test(id ?? '')) {
    return invalid('/id', 'An account is 1 to 64 printable characters without space and slash.');
  }
  if (at !== undefined && !isDateTime(at)) return invalid('/at', 'It is no date and time.');
  return undefined;
}

function invalid(path: string, message: string): QueryProblem {
  return { code: 'QUERY_INVALID', path, message };
}

function refuse(value: Record<string, Json> | null, problem: QueryProblem): ReadQuery {
  const shown = (member: unknown): string | null =>
    typeof member === 'string' && member.length <= 128 ? member.toWellFormed() : null;
  return { ok: false, queryId: shown(value?.['queryId']), query: shown(value?.['query']), problem };
}
