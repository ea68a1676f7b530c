/**
 * What the gateway itself adds to a receipt printer: `printReceipt` prints the receipt of a
 * transaction out of the log, and `reprint` prints again what a job printed. Both mark what is not the
 * first of its kind as copy n; the ledger says which it is, at the moment before it is sent.
 */
import type { DriverDefinition, ParsedParams } from '../../drivers/driver.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { isUuid } from '../../protocol/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json/json-value.ts';
import { must } from '../../protocol/must.ts';
import { RECEIPT_LANGUAGES } from '../../protocol/receipt/document-schema.ts';
import type { ReceiptDocument, ReceiptLanguage } from '../../protocol/receipt/document-schema.ts';
import { transactionReceipt } from '../../protocol/receipt/receipt-template.ts';
import { transactionOf, type JobRow } from '../ledger/job-row.ts';
import type { JobBook } from './job-book.ts';
import type { JobRequest } from './job-request.ts';
import { problem } from './job-response.ts';
import { loggedTransaction, type LoggedTransaction, type LogReads } from './logged-transaction.ts';

/** The driver's operation that puts a document on paper. */
const PRINT = 'print';

export interface ReceiptSettings {
  readonly language: ReceiptLanguage;
  readonly header: readonly string[];
  readonly footer: readonly string[];
  readonly timeZone: string;
}

export interface ReceiptJobsOptions {
  readonly log: LogReads;
  readonly book: Pick<JobBook, 'find' | 'request'>;
  readonly settings: () => ReceiptSettings;
}

/** A print that is understood; `paramsFor` never throws. */
export interface PreparedPrint {
  readonly ok: true;
  readonly prints: string;
  readonly copyMin: number;
  readonly paramsFor: (copy: number) => unknown;
}

export type ReadPrint = PreparedPrint | Extract<ParsedParams, { ok: false }>;

export class ReceiptJobs {
  readonly #options: ReceiptJobsOptions;

  constructor(options: ReceiptJobsOptions) {
    this.#options = options;
  }

  read(request: JobRequest, deviceId: string, driver: DriverDefinition): ReadPrint {
    return request.operation === 'printReceipt'
      ? this.#readReceipt(request.members, driver)
      : this.#readReprint(request.members, deviceId, driver);
  }

  #readReceipt(members: Readonly<Record<string, Json>>, driver: DriverDefinition): ReadPrint {
    const { transactionId, language, copy, ...others } = members;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) return invalid(`There is no member ${unknown}.`, `/${unknown}`);
    if (typeof transactionId !== 'string' || !isUuid(transactionId)) {
      return invalid('printReceipt takes a transactionId, a UUID in lower case.', '/transactionId');
    }
    if (language !== undefined && !isLanguage(language)) {
      return invalid(`A language is one of ${RECEIPT_LANGUAGES.join(', ')}.`, '/language');
    }
    if (copy !== undefined && typeof copy !== 'boolean') {
      return invalid('copy is true for what was handed out before by other means.', '/copy');
    }
    const found = loggedTransaction(this.#options.log, transactionId);
    if (found === undefined) return unknownTransaction(transactionId, '/transactionId');
    const build = (nth: number): unknown => this.#receiptParams({ found, language, nth, driver });
    return prepared(`transaction:${transactionId}`, copy === true ? 1 : 0, build);
  }

  #readReprint(
    members: Readonly<Record<string, Json>>,
    deviceId: string,
    driver: DriverDefinition,
  ): ReadPrint {
    const { of: jobId, ...others } = members;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) return invalid(`There is no member ${unknown}.`, `/${unknown}`);
    if (typeof jobId !== 'string') {
      return invalid('reprint names the jobId of what is to be printed again.', '/of');
    }
    return this.#again({ deviceId, jobId, driver });
  }

  #again(asked: { deviceId: string; jobId: string; driver: DriverDefinition }): ReadPrint {
    const { deviceId, jobId, driver } = asked;
    const row = this.#options.book.find({ deviceId, jobId });
    const what = `${deviceId} printed nothing as ${JSON.stringify(jobId)} that is done or unknown.`;
    const missing = { ok: false, problem: problem('JOB_UNKNOWN', what, '/of') } as const;
    if (row === undefined || (row.state !== 'done' && row.state !== 'unknown')) return missing;
    const transactionId = transactionOf(row);
    if (transactionId !== undefined) {
      const found = loggedTransaction(this.#options.log, transactionId);
      if (found === undefined) return unknownTransaction(transactionId, '/of');
      const language = this.#languageOf(row);
      const build = (nth: number): unknown => this.#receiptParams({ found, language, nth, driver });
      return prepared(must(row.prints, 'it prints a transaction'), 1, build);
    }
    const document = this.#firstDocument(row);
    if (document === undefined || row.prints === null) return missing;
    return prepared(row.prints, 1, (nth) => printParams(driver, asCopy(document, nth)));
  }

  /** As the first one was asked for; a row and its request may be older than the configuration. */
  #languageOf(row: JobRow): ReceiptLanguage | undefined {
    const language = objectIn(this.#options.book.request(row))?.['language'];
    return isLanguage(language) ? language : undefined;
  }

  /** What the first of all these prints was asked to print. */
  #firstDocument({ prints }: JobRow): ReceiptDocument | undefined {
    const [, deviceId, jobId] = /^job:([^/]+)\/(.+)$/.exec(prints ?? '') ?? [];
    if (deviceId === undefined || jobId === undefined) return undefined;
    const document = objectIn(this.#options.book.request({ deviceId, jobId }))?.['document'];
    // It was parsed when it was printed first.
    return isJsonObject(document) ? (document as unknown as ReceiptDocument) : undefined;
  }

  #receiptParams(from: {
    found: LoggedTransaction;
    language: ReceiptLanguage | undefined;
    nth: number;
    driver: DriverDefinition;
  }): unknown {
    const { transaction, origin, index, leafHash } = from.found;
    const { language, header, footer, timeZone } = this.#options.settings();
    const document = transactionReceipt(transaction, {
      ...{ origin, index, leafHash, copy: from.nth, header, footer, timeZone },
      language: from.language ?? language,
    });
    return printParams(from.driver, document);
  }
}

/** Made once now, so that what cannot be printed is refused before anything is recorded. */
function prepared(
  prints: string,
  copyMin: number,
  paramsFor: (copy: number) => unknown,
): ReadPrint {
  try {
    paramsFor(Math.max(1, copyMin));
  } catch (error) {
    if (!(error instanceof TillgateError)) throw error;
    const { code, message, hint } = error;
    return { ok: false, problem: { code, message, hint } };
  }
  return { ok: true, prints, copyMin, paramsFor };
}

function printParams(driver: DriverDefinition, document: ReceiptDocument): unknown {
  const print = must(driver.operations[PRINT], 'the caller has looked');
  const parsed = print.parse({ document });
  if (parsed.ok) return parsed.params;
  const { code, message, hint } = parsed.problem;
  throw new TillgateError(code, message, { hint });
}

const COPY_WORDS: Readonly<Record<ReceiptLanguage, string>> = {
  en: 'COPY',
  de: 'KOPIE',
  zh: '副本',
};

/** Stands on top, where nobody overlooks it. */
function asCopy(document: ReceiptDocument, copy: number): ReceiptDocument {
  if (copy === 0) return document;
  const text = `*** ${COPY_WORDS[document.language ?? 'en']} ${copy} ***`;
  const mark = { type: 'text', text, align: 'center', bold: true } as const;
  return { ...document, blocks: [mark, ...document.blocks] };
}

function objectIn(text: string | undefined): JsonObject | undefined {
  const value = text === undefined ? undefined : (JSON.parse(text) as Json);
  return isJsonObject(value) ? value : undefined;
}

function isLanguage(value: Json | undefined): value is ReceiptLanguage {
  return (RECEIPT_LANGUAGES as readonly (Json | undefined)[]).includes(value);
}

function invalid(message: string, path: string): ReadPrint {
  return { ok: false, problem: problem('JOB_INVALID', message, path) };
}

function unknownTransaction(transactionId: string, path: string): ReadPrint {
  const message = `This log has accepted no transaction ${transactionId}.`;
  return { ok: false, problem: problem('JOB_TRANSACTION_UNKNOWN', message, path) };
}
