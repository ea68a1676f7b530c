/**
 * Files of documents as changes of a feed: CSV with a header, a JSON array, or a line of JSON each.
 * Every line is judged, and all that is wrong is named with its place in the file; whoever asks gets
 * either all changes or none.
 *
 * CSV: one collection a file, named by a column `collection`, by the caller, or by how the file is
 * called (`item….csv`). Columns are the members of the document; `name:en` is the name in English,
 * lists are separated by spaces, amounts and rates are decimal text, an empty field is absent. A
 * column `op` with `delete` takes the document away.
 */
import { parse } from 'csv-parse/sync';
import { basename } from 'node:path';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange, FeedProblem } from '../../protocol/feed/change.ts';
import { COLLECTION_NAMES, documentIdOf, isCollection } from '../../protocol/feed/documents.ts';
import type { Collection, FeedDocument } from '../../protocol/feed/documents.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { parseStrictJson } from '../../protocol/json/strict-json.ts';
import { parseScaled } from '../../protocol/scaled.ts';

/** `place` is a line number, from 1. */
export type FileProblem = FeedProblem & { file: string; line: number };

export type ReadFeedFile = { changes: FeedChange[]; lines: number[]; problems: FileProblem[] };

const PROBLEMS_MAX = 100;
const LF = 0x0a;

export function readFeedFile(
  file: string,
  bytes: Buffer,
  collection: Collection | undefined,
): ReadFeedFile {
  const read: ReadFeedFile = { changes: [], lines: [], problems: [] };
  const named = collection ?? collectionOf(file);
  const take = (value: Json, line: number): void => {
    const checked = checkChange(value);
    if (checked.ok) {
      read.changes.push(checked.change);
      read.lines.push(line);
    } else addProblems(read, checked.problems, { file, line });
  };
  const wrong = (message: string, line: number): void => {
    const problem = { code: 'FEED_FILE_INVALID', path: '', message } as const;
    addProblems(read, [problem], { file, line });
  };
  if (/\.csv$/i.test(file)) readCsv(bytes, { named, take, wrong });
  else readJson(bytes, { named, take, wrong });
  return read;
}

type Reading = {
  named: Collection | undefined;
  take: (value: Json, line: number) => void;
  wrong: (message: string, line: number) => void;
};

function readJson(bytes: Buffer, { named, take, wrong }: Reading): void {
  const isArray = /^\s*\[/.test(
    bytes
      .subarray(0, 256)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
  );
  const takeValue = (value: Json, line: number): void => {
    if (!isJsonObject(value)) wrong('It is no object.', line);
    // A bare document, where the file says of which collection all are.
    else if (named !== undefined && value['document'] === undefined && value['op'] === undefined) {
      take({ op: 'put', collection: named, document: value }, line);
    } else take({ op: 'put', ...(named && { collection: named }), ...value }, line);
  };
  if (isArray) {
    const { value, faults } = parseStrictJson(bytes);
    if (!Array.isArray(value) || faults.length > 0) {
      wrong(`It cannot be read as JSON with whole numbers, at ${faults[0]?.path ?? 'its end'}.`, 1);
    } else value.forEach((one, at) => takeValue(one, at + 1));
    return;
  }
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(LF, start);
    const end = found === -1 ? bytes.length : found;
    const part = bytes.subarray(start, end);
    line++;
    start = end + 1;
    if (part.toString('latin1').trim() === '') continue;
    const { value, faults } = parseStrictJson(part);
    if (value === undefined || faults.length > 0) {
      wrong('It cannot be read as JSON with whole numbers.', line);
    } else takeValue(value, line);
  }
}

type CsvRecord = { record: Record<string, string>; info: { lines: number } };

function readCsv(bytes: Buffer, { named, take, wrong }: Reading): void {
  let records: CsvRecord[];
  try {
    records = parse(bytes, {
      columns: true,
      bom: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const line = Number((error as { lines?: unknown }).lines ?? 1);
    wrong(`It cannot be read as CSV: ${reason}.`, line);
    return;
  }
  for (const { record, info } of records) {
    const collection = record['collection'] ?? named;
    if (!isCollection(collection)) {
      wrong('Its collection is not known: name it with --collection or a column.', info.lines);
      return;
    }
    const { document, problem } = documentOf(collection, record);
    if (problem !== undefined) wrong(problem, info.lines);
    else if (record['op'] === 'delete') {
      const id = documentIdOf(collection, document as FeedDocument);
      take({ op: 'delete', collection, id }, info.lines);
    } else take({ op: 'put', collection, document }, info.lines);
  }
}

type FieldKind = 'text' | 'list' | 'decimal' | 'integer' | 'boolean';

const KINDS: Readonly<Record<string, FieldKind>> = {
  ...{ gtins: 'list', codes: 'list', cards: 'list', zones: 'list' },
  ...{ amount: 'decimal', rate: 'decimal', points: 'integer', included: 'boolean' },
};
const LABEL = {
  labelPrefix: 'prefix',
  labelHolds: 'holds',
  labelDigits: 'digits',
  labelScale: 'scale',
};

function documentOf(
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
    } else {
      const value = valueOf(KINDS[column] ?? 'text', text);
      if (value === undefined)
        return { document, problem: `The column ${column} cannot hold “${text.slice(0, 40)}”.` };
      document[column] = value;
    }
  }
  if (Object.keys(names).length > 0) document['names'] = names;
  if (Object.keys(embedded).length > 0) document['embedded'] = embedded;
  if (Object.keys(scope).length > 0) document['scope'] = scope;
  return { document };
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
  }
}

function collectionOf(file: string): Collection | undefined {
  const name = basename(file).toLowerCase();
  return COLLECTION_NAMES.find((collection) => name.startsWith(collection));
}

function addProblems(
  read: ReadFeedFile,
  problems: readonly FeedProblem[],
  at: { file: string; line: number },
): void {
  for (const problem of problems) {
    if (read.problems.length < PROBLEMS_MAX) read.problems.push({ ...problem, ...at });
  }
}
