/**
 * Headquarters' JSON API, on loopback unless the operator says otherwise. Reading is free; writing
 * takes the token (hq/keys/api-token.ts).
 *
 *     /healthz  /metrics  /api/status  /api/stores  /api/stores/{chain}/{store}/{gateway}
 *     /api/transactions/{transactionId}  /api/totals  /api/quarantine  /api/refusals  /api/feeds
 *     and what view-routes.ts adds: stock, members, coupons, accounts, conflicts; feed-api.ts of
 *     feeds, rights-api.ts of rights, command-api.ts of commands
 *
 * Amounts and indexes beyond what a double holds are decimal texts. An error is
 * `{code, message, hint}` with a status of its own.
 */
import type { AlarmBook } from '../../platform/alarms.ts';
import type { Log } from '../../platform/logging.ts';
import { jsonAnswer, startHttpServer } from '../../platform/http/http-server.ts';
import type {
  HttpAnswer,
  HttpMethods,
  HttpRoute,
  HttpServer,
} from '../../platform/http/http-server.ts';
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import { TillgateError, isTillgateError } from '../../protocol/errors.ts';
import { storeHead } from '../control/list-stores.ts';
import type { StoreHead } from '../control/list-stores.ts';
import type { Conflicts } from '../conflicts/open-conflicts.ts';
import type { Custody } from '../custody/custody.ts';
import type { FeedKeeper } from '../feeds/feed-keeper.ts';
import type { HeadMaker } from '../ingest/head-maker.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { ProjectionClient } from '../projection/projection-client.ts';
import type { SqlRow } from '../projection/sql-database.ts';
import { answeringErrors } from './error-answers.ts';
import { hqMetrics } from './hq-metrics.ts';
import { viewRoutes } from './view-routes.ts';
import { proveEntry } from './prove-entry.ts';

export type HqApiOptions = {
  address: { host: string; port: number };
  /** Whoever has it may write. */
  token: string;
  custody: Custody;
  heads: HeadMaker;
  ingest: Ingest;
  projection: ProjectionClient;
  stores: () => Promise<StoreHead[]>;
  status: () => Promise<object>;
  alarms: AlarmBook;
  conflicts: Conflicts;
  /** Where the chain's feed says what was put into a pool. */
  supplies: Pick<FeedKeeper, 'feeds' | 'read'>;
  /** Every feed with what is in it, and what each gateway holds. */
  feeds: () => Promise<object>;
  connections: () => number;
  /** What is written, and what the parts that write it read. */
  further: Readonly<Record<string, HttpRoute | HttpMethods>>;
  log: Log;
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Newest first; who has more asks the database. */
const QUARANTINE_ROWS_MAX = 1_000;

export function startHqApi(options: HqApiOptions): Promise<HttpServer> {
  const routes = {
    ...healthRoutes(options),
    ...dataRoutes(options),
    ...viewRoutes(options),
    ...options.further,
  };
  const { address, token, log } = options;
  return startHttpServer({ ...address, token, routes: answeringErrors(routes), log });
}

function healthRoutes(options: HqApiOptions): Record<string, HttpRoute> {
  const { custody, ingest, projection, connections } = options;
  const metrics = hqMetrics({
    ingest,
    connections,
    alarms: () => options.alarms.list(),
    conflicts: () => options.conflicts.keeper.counts,
    custody: async () => {
      const heads = await custody.heads();
      return { entries: heads.reduce((sum, { size }) => sum + size, 0), logs: heads.length };
    },
  });
  return {
    '/healthz': () => jsonAnswer(200, { status: 'ok' }),
    '/metrics': async () => {
      const body = await metrics.metrics();
      return { status: 200, contentType: metrics.contentType, body };
    },
    '/api/status': async () =>
      jsonAnswer(200, {
        ...(await options.status()),
        projection: await projectionState(projection),
      }),
  };
}

function dataRoutes(options: HqApiOptions): Record<string, HttpRoute> {
  const { ingest, projection } = options;
  return {
    '/api/stores': async () => jsonAnswer(200, { stores: await options.stores() }),
    '/api/stores/': (url) => oneGateway(options, url),
    '/api/transactions/': (url) => oneTransaction(options, url),
    '/api/totals': async () => jsonAnswer(200, await projection.ask({ call: 'totals' })),
    '/api/quarantine': async () => {
      const call = { call: 'quarantine', limit: QUARANTINE_ROWS_MAX } as const;
      return jsonAnswer(200, { quarantine: await projection.ask(call) });
    },
    '/api/feeds': async () => jsonAnswer(200, await options.feeds()),
    '/api/refusals': () =>
      jsonAnswer(200, {
        counts: Object.fromEntries(ingest.refusals.counts()),
        latest: ingest.refusals.latest(),
      }),
    '/': (url) => {
      throw notFound(`There is nothing at ${url.pathname}.`);
    },
  };
}

async function oneGateway({ custody }: HqApiOptions, url: URL): Promise<HttpAnswer> {
  const [chain, store, gateway, ...more] = segmentsAfter(url, '/api/stores/');
  const heads = (await custody.heads()).filter((head) => {
    const known = storeHead(head);
    return known.chain === chain && known.store === store && known.gateway === gateway;
  });
  if (heads.length === 0 || more.length > 0) {
    throw notFound('Headquarters keeps no log of that chain, store and gateway.');
  }
  const epochs = await Promise.all(
    heads.map(async (head) => ({
      ...storeHead(head),
      checkpoint: head.checkpoint,
      cosigned: head.cosigned,
      evidence: await custody.evidence(head.origin),
    })),
  );
  return jsonAnswer(200, { chain, store, gateway, epochs });
}

async function oneTransaction(options: HqApiOptions, url: URL): Promise<HttpAnswer> {
  const [transactionId = '', ...more] = segmentsAfter(url, '/api/transactions/');
  if (!UUID.test(transactionId) || more.length > 0) {
    throw new TillgateError('USAGE', 'A transaction id is a UUID in lower case.');
  }
  const rows = await options.projection.ask({ call: 'transaction', transactionId });
  if (rows.length === 0)
    throw notFound(`No entry with the transaction id ${transactionId} is here.`);
  const entries = [];
  for (const row of rows) {
    const at = { origin: String(row['origin']), index: Number(row['index']) };
    const proof = await proveEntry(options.custody, options.heads, at);
    entries.push({ ...camelCased(row), index: at.index, proof });
  }
  return jsonAnswer(200, { transactionId, entries });
}

async function projectionState(projection: ProjectionClient): Promise<object> {
  try {
    return await projection.ask({ call: 'state' });
  } catch (error) {
    if (isTillgateError(error)) return { state: 'failing', problem: error.message };
    throw error;
  }
}

function segmentsAfter(url: URL, prefix: string): string[] {
  return url.pathname.slice(prefix.length).split('/');
}

/** `{business_date: …}` as `{businessDate: …}`, in the rows of tables below too. */
function camelCased(row: SqlRow): SqlRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      Array.isArray(value) ? value.map((child: SqlRow) => camelCased(child)) : value,
    ]),
  );
}

function notFound(message: string): TillgateError {
  return new TillgateError('HQ_NOT_FOUND', message, { hint: ERROR_CODES.HQ_NOT_FOUND.fix });
}
