/**
 * The demonstration: headquarters, a gateway and tills, each a process of its own, and a month of
 * real sales through all of them, with a cut network and a killed gateway on the way. It ends with
 * what both sides hold. Everything is done through the commands a person would type.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatMoney } from '../protocol/money.ts';
import { must } from '../protocol/must.ts';
import { AnswerBook } from './answer-book.ts';
import { Counter } from './counter.ts';
import type { CounterResult } from './counter.ts';
import { CuttableLink } from './cuttable-link.ts';
import { allHolds, endTable } from './end-table.ts';
import type { EndResult } from './end-table.ts';
import { DemoGateway, readKept, writeKept } from './gateway.ts';
import { Headquarters } from './headquarters.ts';
import { MINOR_DIGITS, invoiceTransaction } from './invoice-transaction.ts';
import type { InvoiceTransaction } from './invoice-transaction.ts';
import { waitFor } from './patience.ts';
import { replay } from './replay.ts';
import { readSalesFile } from './sales-file.ts';
import { TillFleet } from './till-fleet.ts';
import type { TillIdentity } from './till-messages.ts';

export type DemoOptions = {
  /** Sales files; none means the month that is shipped. */
  data: readonly string[];
  tills: number;
  /** Leaves the homes there, and goes on with them when they are there already. */
  keep: string | undefined;
  signal: AbortSignal;
  voice: DemoVoice;
};

/** How the demonstration speaks while it works. */
export type DemoVoice = {
  note: (text: string) => void;
  progress: (label: string, total: number) => { update(done: number): void; stop(): void };
};

export type DemoOutcome = {
  result: EndResult;
  /** The result as a table for people. */
  table: string;
  /** True only if both sides agree in everything and prove it. */
  holds: boolean;
};

const SHIPPED_SALES = fileURLToPath(new URL('data/2010-12.csv.gz', import.meta.url));

/** Headquarters that takes nothing at all for this long has stopped for good. */
const CATCH_UP_LIMIT_MS = 120_000;
/** Registering a till hashes a password on purpose slowly; a few at a time keep both cores busy. */
const REGISTER_AT_A_TIME = 3;

/** Throws DEMO_DATA for sales it cannot read, DEMO_FAILED when a part does not do its work. */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const transactions = readTransactions(options.data);
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'tillgate-demo-'));
  mkdirSync(join(folder, 'tills'), { recursive: true });
  const stage = new Stage(resolve(folder), options);
  try {
    const result = await stage.play(transactions);
    return { result, table: endTable(result), holds: allHolds(result) };
  } finally {
    await stage.close();
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function readTransactions(files: readonly string[]): InvoiceTransaction[] {
  const paths = files.length === 0 ? [SHIPPED_SALES] : files;
  const invoices = paths.flatMap((path) => readSalesFile(path));
  return invoices.map(invoiceTransaction);
}

class Stage {
  readonly #folder: string;
  readonly #options: DemoOptions;
  readonly #link = new CuttableLink();
  readonly #gateway: DemoGateway;
  readonly #headquarters: Headquarters;
  readonly #counter: Counter;
  #fleet: TillFleet | undefined;

  constructor(folder: string, options: DemoOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#gateway = new DemoGateway(folder);
    this.#headquarters = new Headquarters(folder);
    this.#counter = new Counter(join(folder, 'counter'));
  }

  async play(transactions: readonly InvoiceTransaction[]): Promise<EndResult> {
    const { signal, voice } = this.#options;
    voice.note('Starting headquarters and the gateway …');
    await this.#connectHeadquarters();
    await this.#counter.prepare(this.#gateway.home);
    const life = await this.#gateway.start(signal);
    const identities = await this.#registerTills();
    const book = new AnswerBook(join(this.#folder, 'answers.jsonl'));
    const invoices = transactions.length;
    const bar = voice.progress('Invoices answered', invoices);
    const onAnswer = (answer: Parameters<AnswerBook['add']>[0]): void => {
      book.add(answer);
      bar.update(book.answered);
    };
    const folder = join(this.#folder, 'tills');
    const fleet = new TillFleet({ folder, identities, transactions, onAnswer });
    this.#fleet = fleet;
    await fleet.begin();
    const parts = { fleet, gateway: this.#gateway, link: this.#link, book, invoices, signal };
    // Devices became entries since the gateway started, but no sale was answered yet.
    await replay({ ...parts, note: voice.note }, life);
    bar.stop();
    await fleet.stop();
    const middle = must(transactions[transactions.length >> 1], 'an invoice');
    const counter = await this.#serveCounter(middle, must(identities[0], 'a till'));
    await this.#catchUp();
    return { ...(await this.#conclude(transactions, book)), ...counter };
  }

  async close(): Promise<void> {
    await this.#fleet?.stop();
    await this.#counter.stop();
    await this.#gateway.stop();
    await this.#headquarters.stop();
    await this.#link.close();
  }

  async #connectHeadquarters(): Promise<void> {
    const linkPort = await this.#link.open();
    await this.#headquarters.prepare();
    this.#link.leadTo(await this.#headquarters.start(this.#options.signal));
    const verifierKey = await this.#gateway.prepare();
    const hqUrl = `mqtt://127.0.0.1:${linkPort}`;
    await this.#gateway.enrol(await this.#headquarters.enrolment(verifierKey, hqUrl));
  }

  /** Every second till signs, with the two kinds of key by turns. */
  async #registerTills(): Promise<TillIdentity[]> {
    const file = join(this.#folder, 'tills', 'credentials.json');
    const known = readKept(file);
    const names = Array.from({ length: this.#options.tills }, (_, at) => `till-${at + 1}`);
    const missing = names.slice(known.length);
    const added: TillIdentity[] = [];
    for (let at = 0; at < missing.length; at += REGISTER_AT_A_TIME) {
      const group = missing.slice(at, at + REGISTER_AT_A_TIME);
      const algorithms = group.map((name) => algorithmOf(names.indexOf(name)));
      const register = group.map((name, i) => this.#gateway.addTill(name, algorithms[i]));
      added.push(...(await Promise.all(register)));
    }
    const all = [...known, ...added];
    writeKept(file, all);
    return all.slice(0, names.length);
  }

  /** The gateway was killed since it started, so where it answers is asked anew. */
  async #serveCounter(invoice: InvoiceTransaction, identity: TillIdentity): Promise<CounterResult> {
    const { signal, voice } = this.#options;
    voice.note('A till scans, weighs, and has a receipt printed from the log …');
    const { mqtt, origin, log } = await this.#gateway.status();
    const life = { ...mqtt, origin, sizeAtStart: log.size };
    const { transactionId } = invoice;
    const itemId = must(invoice.lines[0], 'a line').itemId;
    return this.#counter.work({ life, identity, transactionId, itemId, signal });
  }

  /** Resolves when headquarters holds every entry of the gateway's log. */
  async #catchUp(): Promise<void> {
    const { signal, voice } = this.#options;
    const before = await this.#gateway.status();
    const bar = voice.progress('Entries at headquarters', before.log.size);
    let waiting = before.entriesOnlyHere;
    const probe = async (): Promise<true | undefined> => {
      const { entriesOnlyHere, log } = await this.#gateway.status();
      waiting = entriesOnlyHere;
      bar.update(log.size - entriesOnlyHere);
      return waiting === 0 ? true : undefined;
    };
    await waitFor(probe, {
      what: 'headquarters to take every entry',
      limitMs: CATCH_UP_LIMIT_MS,
      everyMs: 200,
      signal,
      progress: () => waiting,
    });
    bar.stop();
  }

  async #conclude(
    transactions: readonly InvoiceTransaction[],
    book: AnswerBook,
  ): Promise<Omit<EndResult, keyof CounterResult>> {
    const { log, origin } = await this.#gateway.status();
    const tillTotal = formatMoney(book.acceptedTotal, MINOR_DIGITS);
    const hq = await this.#headquarters.totals(origin, log.size, this.#options.signal);
    this.#options.voice.note('Verifying both logs and one proof …');
    const [gatewayVerifies, hqVerifies] = await Promise.all([
      this.#gateway.logVerifies(),
      this.#headquarters.logVerifies(),
    ]);
    const middle = must(transactions[transactions.length >> 1], 'an invoice');
    return {
      invoices: transactions.length,
      accepted: book.count('accepted'),
      rejected: book.count('rejected') + book.count('conflict'),
      duplicates: book.duplicates,
      hqEntries: hq.entries,
      tillTotal,
      hqTotal: hq.total,
      verified: gatewayVerifies && hqVerifies && hq.entries === log.size,
      proof: await this.#gateway.proofHolds(middle.transactionId),
    };
  }
}

function algorithmOf(till: number): 'Ed25519' | 'ES256' | undefined {
  if (till % 2 === 0) return undefined;
  return till % 4 === 1 ? 'Ed25519' : 'ES256';
}
