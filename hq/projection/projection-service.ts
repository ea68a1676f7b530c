/**
 * The projection as it runs: follows custody, answers questions in between, and survives its own
 * troubles. An embedded database that cannot be opened, or finds its own pages damaged, is deleted
 * and made again; any other failure is tried again later and shows as a state. Custody and the acknowledgement of entries never wait
 * for it.
 */
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isTillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import type { CustodyReader } from '../custody/custody.ts';
import { FileReader } from '../custody/files/file-reader.ts';
import { PostgresReader } from '../custody/postgres/postgres-reader.ts';
import type {
  ProjectionCall,
  ProjectionResults,
  ProjectionSources,
  ProjectionState,
  ProjectionTotals,
} from './projection-call.ts';
import { readCommandAnswers } from './command-answers.ts';
import { Projector } from './projector.ts';
import { readQuarantine, readTotals, readTransaction } from './reports.ts';
import { readRights, type RightPage } from './right-sums.ts';
import { readAtRest } from './rights-at-rest.ts';
import { isDamaged, type SqlDatabase } from './sql-database.ts';
import { readView } from './view-call.ts';
import type { ViewCall, ViewResults } from './view-call.ts';

/** Without news custody is looked at this often: another process may have written. */
const IDLE_MS = 1_000;
const RETRY_MS_MAX = 30_000;
const RETRY_MS_BASE = 500;
/** How long a question about totals waits for the tables to catch up. */
const CATCH_UP_MS_MAX = 20_000;
/** The same for questions that many ask, while a backlog of days may come in. */
const VIEW_CATCH_UP_MS_MAX = 1_000;

export class ProjectionService {
  readonly #sources: ProjectionSources;
  readonly #monotonicMs: () => number;
  #custody: CustodyReader | undefined;
  #database: SqlDatabase | undefined;
  #projector: Projector | undefined;
  #state: ProjectionState = { state: 'starting', problem: null };
  #wake: () => void = () => undefined;
  #isStopped = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(sources: ProjectionSources, monotonicMs: () => number) {
    this.#sources = sources;
    this.#monotonicMs = monotonicMs;
  }

  /** Runs until `stop`; never rejects. */
  async run(): Promise<void> {
    let retryMs = RETRY_MS_BASE;
    while (!this.#isStopped) {
      try {
        const moved = await this.#inTurn(async () => (await this.#open()).step());
        this.#state = { state: 'running', problem: null };
        retryMs = RETRY_MS_BASE;
        if (!moved) await this.#rest(IDLE_MS);
      } catch (error) {
        await this.#inTurn(() => this.#close());
        const problem = error instanceof Error ? error.message : String(error);
        this.#state = {
          ...{ state: 'failing', problem },
          ...(isTillgateError(error) && { code: error.code }),
        };
        await this.#rest(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
      }
    }
    await this.#inTurn(() => this.#close());
  }

  /** Custody has something new. */
  poke(): void {
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /** Lets go without `run`. */
  async end(): Promise<void> {
    await this.#inTurn(() => this.#close());
  }

  async answer(call: ProjectionCall): Promise<ProjectionResults[ProjectionCall['call']]> {
    switch (call.call) {
      case 'totals':
        return this.totals();
      case 'transaction':
        return this.#read((queries) => readTransaction(queries, call.transactionId));
      case 'quarantine':
        return this.#read((queries) => readQuarantine(queries, call.limit, call.at));
      case 'retry':
        return this.#inTurn(async () => {
          const projector = await this.#open();
          await this.#custody?.refresh();
          return projector.retry(call.origin, call.index);
        });
      case 'stock':
      case 'pools':
      case 'conflicts':
      case 'suspects':
        return this.#view(call);
      case 'rights':
        return this.#inTurn(() => this.#rights(call));
      case 'atRest':
        return this.#read((queries) => readAtRest(queries, call.chain, call.grantIds));
      case 'commands':
        return this.#inTurn(async () => {
          await (await this.#open()).step();
          return readCommandAnswers(this.#queries(), call.limit, call.commandId);
        });
      case 'state':
        return this.#state;
      case 'close':
        this.stop();
        return null;
    }
  }

  #read<T>(read: (queries: SqlDatabase) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#open();
      return read(this.#queries());
    });
  }

  async #rights({ cursor, limit }: ProjectionCall & { call: 'rights' }): Promise<RightPage> {
    const moved = await (await this.#open()).step();
    const page = await readRights(this.#queries(), cursor, { limit });
    return { ...page, isCurrent: !moved && !page.areSums && page.facts.length < limit };
  }

  /** Over what custody held when it was asked, where the tables come that far in a moment. */
  async #view(call: ViewCall): Promise<ViewResults[ViewCall['call']]> {
    const deadlineMs = this.#monotonicMs() + VIEW_CATCH_UP_MS_MAX;
    for (;;) {
      const answer = await this.#inTurn(async () => {
        const moved = await (await this.#open()).step();
        if (moved && this.#monotonicMs() < deadlineMs) return undefined;
        return readView(this.#queries(), call, moved);
      });
      if (answer !== undefined) return answer;
    }
  }

  /** Over everything that custody holds now, where the tables come that far in time. */
  async totals(): Promise<ProjectionTotals> {
    const deadlineMs = this.#monotonicMs() + CATCH_UP_MS_MAX;
    let held: number | undefined;
    for (;;) {
      const totals = await this.#inTurn(async () => {
        const projector = await this.#open();
        held ??= await this.#custodyEntries();
        await projector.step();
        return readTotals(this.#queries());
      });
      const complete = totals.entries >= (held ?? 0);
      if (complete || this.#monotonicMs() >= deadlineMs) {
        return { ...totals, custodyEntries: held ?? 0, complete };
      }
    }
  }

  async #custodyEntries(): Promise<number> {
    await this.#custody?.refresh();
    const heads = (await this.#custody?.heads()) ?? [];
    return heads.reduce((sum, { size }) => sum + size, 0);
  }

  async #open(): Promise<Projector> {
    if (this.#projector !== undefined) return this.#projector;
    this.#custody ??= await openCustody(this.#sources);
    this.#database ??= await openDatabase(this.#sources);
    try {
      this.#projector = await Projector.open(this.#database, this.#custody);
    } catch (error) {
      await this.#discardTables();
      throw error;
    }
    return this.#projector;
  }

  /** Embedded tables that cannot be used are made again; a database of one's own is left alone. */
  async #discardTables(): Promise<void> {
    const { database } = this.#sources;
    if (database.kind !== 'pglite') return;
    await this.#close();
    rmSync(database.folder, { recursive: true, force: true });
  }

  #queries(): SqlDatabase {
    return must(this.#database, 'the tables are open');
  }

  async #close(): Promise<void> {
    const database = this.#database;
    const custody = this.#custody;
    this.#projector = undefined;
    this.#database = undefined;
    this.#custody = undefined;
    await database?.close().catch(() => undefined);
    await custody?.close();
  }

  async #rest(ms: number): Promise<void> {
    if (this.#isStopped) return;
    const end = new AbortController();
    this.#wake = () => end.abort();
    await delay(ms, undefined, { signal: end.signal }).catch(() => undefined);
  }

  /** One use of the tables at a time, in the order they were asked for. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work).catch(async (error: unknown) => {
      if (isDamaged(error)) await this.#discardTables();
      throw error;
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

async function openCustody({ custody }: ProjectionSources): Promise<CustodyReader> {
  if (custody.kind === 'files') return FileReader.open(custody.folder, { durableOnly: true });
  return PostgresReader.open(custody.url);
}

async function openDatabase({ database }: ProjectionSources): Promise<SqlDatabase> {
  if (database.kind === 'postgres') {
    const { openPostgres } = await import('./postgres-database.ts');
    return openPostgres(database.url);
  }
  const { openPglite } = await import('./pglite-database.ts');
  try {
    return await openPglite(database.folder);
  } catch (error) {
    if (isTillgateError(error)) throw error;
    rmSync(database.folder, { recursive: true, force: true });
    return openPglite(database.folder);
  }
}
