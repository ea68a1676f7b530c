/**
 * The feeds over HTTP, for headquarters' own systems: what `hq feed publish` and `hq feed show` do.
 *
 *     POST /api/feeds/publish?chain=&store=&collection=&dryRun=true    JSON, NDJSON or CSV
 *     GET  /api/feeds/{chain}/{collection}?after=&limit=               of the chain's feed
 *     GET  /api/feeds/{chain}/{store}/{collection}?after=&limit=       of the store's
 *
 * A publication is everything or nothing: the answer is the report, 422 where something is wrong, each
 * problem with line, code and JSON Pointer. Lines are judged as they come, so a large publication
 * (NDJSON) holds up nothing else; one that breaks off was never there.
 */
import { jsonAnswer } from '../../platform/http/http-server.ts';
import type { HttpAnswer, HttpMethods, HttpRoute } from '../../platform/http/http-server.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { COLLECTION_NAMES, isCollection } from '../../protocol/feed/collections.ts';
import type { Collection } from '../../protocol/feed/collections.ts';
import { readFeedDocuments } from '../control/read-feed-file.ts';
import type { FileProblem, ReadFeedFile } from '../control/read-feed-file.ts';
import type { PublishDesk } from '../feeds/publish-desk.ts';
import type { PublishReport } from '../feeds/publish-report.ts';

const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';
const MEDIA_TYPES = ['application/json', NDJSON, CSV];
/** An array or a table is read in one go, in which nothing else happens: a fifth of a second. */
const WHOLE_BYTES_MAX = 8 * 1024 * 1024;
/** Lines judged before others have a turn: some hundred documents. */
const PIECE_BYTES = 256 * 1024;
const PROBLEMS_MAX = 100;
const LIMIT = { fallback: 100, max: 1_000 };
const LF = 0x0a;

type Shown = Omit<FileProblem, 'file'>;

export function feedRoutes(desk: PublishDesk): Record<string, HttpRoute | HttpMethods> {
  return {
    '/api/feeds/publish': {
      POST: {
        ...{ body: 'stream', mediaTypes: MEDIA_TYPES },
        run: (url, body, mediaType) => publish(desk, url, { body, mediaType }),
      },
    },
    '/api/feeds/': (url) => documents(desk, url),
  };
}

async function publish(
  desk: PublishDesk,
  url: URL,
  { body, mediaType }: { body: AsyncIterable<Buffer>; mediaType: string },
): Promise<HttpAnswer> {
  const collection = collectionOf(url.searchParams.get('collection'));
  const isDryRun = flag(url, 'dryRun');
  const place = { chain: text(url, 'chain'), store: text(url, 'store') };
  const { id, chain } = await desk.begin({ ...place, isDryRun });
  try {
    const taking = new Taking(desk, id);
    for await (const piece of pieces(body, mediaType)) {
      const form = mediaType === CSV ? 'csv' : 'json';
      taking.take(readFeedDocuments(piece, { file: '', form, collection }), linesIn(piece));
      await aMoment();
    }
    if (taking.problems.length > 0) return report(422, { chain, isDryRun }, taking.refusal());
    desk.commit(id);
    await desk.ended(id);
    const state = desk.state(id);
    if (state.state !== 'done') throw new TillgateError('INTERNAL', 'It ended without an end.');
    const problems = state.report.problems.map(({ at, ...rest }) => taking.placed(at, rest));
    const status = problems.length > 0 ? 422 : 200;
    return report(status, { chain, isDryRun }, { ...state.report, problems });
  } finally {
    desk.forget(id);
  }
}

/** What was read so far: handed to the desk as long as nothing is wrong. */
class Taking {
  readonly problems: Shown[] = [];
  readonly #desk: PublishDesk;
  readonly #id: string;
  readonly #lines: number[] = [];
  #passed = 0;

  constructor(desk: PublishDesk, id: string) {
    this.#desk = desk;
    this.#id = id;
  }

  take({ changes, lines, problems }: ReadFeedFile, count: number): void {
    for (const { line, code, path, message } of problems) {
      if (this.problems.length >= PROBLEMS_MAX) break;
      this.problems.push({ line: line + this.#passed, code, path, message });
    }
    if (this.problems.length === 0) {
      this.#desk.add(this.#id, changes);
      for (const line of lines) this.#lines.push(line + this.#passed);
    }
    this.#passed += count;
  }

  placed(at: number, problem: Omit<Shown, 'line'>): Shown {
    return { ...problem, line: this.#lines[at] ?? 0 };
  }

  refusal(): Omit<PublishReport, 'problems' | 'feed'> & { problems: Shown[]; feed: null } {
    const counts = { changed: 0, unchanged: 0, problemsOmitted: 0 };
    return { isPublished: false, ...counts, problems: this.problems, feed: null };
  }
}

/** Whole lines of NDJSON as they come; anything else as a whole. */
async function* pieces(body: AsyncIterable<Buffer>, mediaType: string): AsyncIterable<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (mediaType !== NDJSON) {
      if (bytes > WHOLE_BYTES_MAX) throw tooLarge();
      continue;
    }
    if (bytes < PIECE_BYTES || !chunk.includes(LF)) continue;
    const whole = Buffer.concat(waiting);
    const end = whole.lastIndexOf(LF) + 1;
    yield whole.subarray(0, end);
    waiting = [whole.subarray(end)];
    bytes = whole.length - end;
  }
  const rest = Buffer.concat(waiting);
  if (rest.length > 0) yield rest;
}

async function documents(desk: PublishDesk, url: URL): Promise<HttpAnswer> {
  const words = url.pathname.slice('/api/feeds/'.length).split('/').map(decoded);
  const [chain = '', second = '', third] = words;
  const collection = third ?? second;
  if (words.length < 2 || words.length > 3 || !isCollection(collection)) {
    const message = `The path is /api/feeds/CHAIN/COLLECTION or /api/feeds/CHAIN/STORE/COLLECTION; collections are ${COLLECTION_NAMES.join(', ')}.`;
    throw new TillgateError('USAGE', message);
  }
  const store = third === undefined ? undefined : second;
  const limit = Number(url.searchParams.get('limit') ?? LIMIT.fallback);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT.max) {
    throw new TillgateError('USAGE', `limit is a whole number from 1 to ${LIMIT.max}.`);
  }
  const page = { after: url.searchParams.get('after') ?? '', limit };
  return jsonAnswer(200, await desk.documents({ chain, store, collection }, page));
}

function collectionOf(name: string | null): Collection | undefined {
  if (name === null || name === '') return undefined;
  if (isCollection(name)) return name;
  throw new TillgateError('FEED_COLLECTION_UNKNOWN', `There is no collection ${name}.`);
}

function text(url: URL, name: string): string | undefined {
  const value = url.searchParams.get(name);
  return value === null || value === '' ? undefined : value;
}

function flag(url: URL, name: string): boolean {
  const value = url.searchParams.get(name) ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw new TillgateError('USAGE', `${name} is true or false.`);
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch (error) {
    throw new TillgateError('USAGE', 'The path is not written as a URL.', { cause: error });
  }
}

function report(status: number, of: object, what: object): HttpAnswer {
  return jsonAnswer(status, { ...of, ...what });
}

function linesIn(piece: Buffer): number {
  let lines = 0;
  for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, at + 1)) lines += 1;
  return lines;
}

function tooLarge(): TillgateError {
  return new TillgateError(
    'HTTP_BODY_TOO_LARGE',
    `An array or a table of more than ${WHOLE_BYTES_MAX} bytes is not read; send NDJSON.`,
  );
}

const aMoment = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
