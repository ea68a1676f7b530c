/**
 * Files of documents as changes of a feed: CSV with a header, a JSON array, or a line of JSON each.
 * Every line is judged, and all that is wrong is named with its place in the file; whoever asks gets
 * either all changes or none.
 *
 * CSV: one collection a file, named by a column `collection`, by the caller, or by how the file is
 * called (`item….csv`); csv-document.ts says what columns hold. A column `op` with `delete` takes the
 * document away. What headquarters writes itself is refused, whoever asks.
 */
import { parse } from 'csv-parse/sync';
import { basename } from 'node:path';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange, FeedProblem } from '../../protocol/feed/change.ts';
import { COLLECTION_NAMES, isCollection } from '../../protocol/feed/collections.ts';
import { documentIdOf } from '../../protocol/feed/documents.ts';
import type { Collection } from '../../protocol/feed/collections.ts';
import type { FeedDocument } from '../../protocol/feed/documents.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { parseStrictJson } from '../../protocol/json/strict-json.ts';
import { reservedProblem } from '../feeds/publish-desk.ts';
import { csvDocument } from './csv-document.ts';

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
  const form = /\.csv$/i.test(file) ? 'csv' : 'json';
  return readFeedDocuments(bytes, { file, form, collection: collection ?? collectionOf(file) });
}

/** The same for what did not come as a file of that name. */
export function readFeedDocuments(
  bytes: Buffer,
  of: { file: string; form: 'csv' | 'json'; collection: Collection | undefined },
): ReadFeedFile {
  const { file, form, collection: named } = of;
  const read: ReadFeedFile = { changes: [], lines: [], problems: [] };
  const take = (value: Json, line: number): void => {
    const checked = checkChange(value);
    if (!checked.ok) {
      addProblems(read, checked.problems, { file, line });
      return;
    }
    const reserved = reservedProblem(checked.change);
    if (reserved !== undefined) addProblems(read, [reserved], { file, line });
    else {
      read.changes.push(checked.change);
      read.lines.push(line);
    }
  };
  const wrong = (message: string, line: number): void => {
    const problem = { code: 'FEED_FILE_INVALID', path: '', message } as const;
    addProblems(read, [problem], { file, line });
  };
  if (form === 'csv') readCsv(bytes, { named, take, wrong });
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
    const { document, problem } = csvDocument(collection, record);
    if (problem !== undefined) wrong(problem, info.lines);
    else if (record['op'] === 'delete') {
      const id = documentIdOf(collection, document as FeedDocument);
      take({ op: 'delete', collection, id }, info.lines);
    } else take({ op: 'put', collection, document }, info.lines);
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
