/** What a device may ask of a printer, read from requests without trust. */
import { parseDocument } from '../../protocol/receipt/document.ts';
import type { ReceiptDocument } from '../../protocol/receipt/document.ts';
import type { Operation, ParsedParams } from '../driver.ts';
import { jobProblem } from './session/outcomes.ts';

export interface PrintParams {
  readonly document: ReceiptDocument;
  /** The nth copy; told in the result. */
  readonly copy?: number;
}

export interface RawParams {
  readonly data: Uint8Array;
}

/** A receipt of some metres with a picture or two; more is no receipt. */
const RAW_BYTES_MAX = 512 * 1024;
const COPY_MAX = 1_000;

const PRINT_MS = 30_000;
const PRINT_MS_MAX = 300_000;
const ASK_MS = 5_000;
const ASK_MS_MAX = 30_000;

export const PRINTER_OPERATIONS: Readonly<Record<string, Operation>> = {
  print: {
    summary: 'print a document',
    ...printing(),
    parse: parsePrint,
  },
  printRaw: {
    summary: 'print bytes in the language of the printer, as they are',
    ...printing(),
    right: 'raw',
    parse: parseRaw,
  },
  testPage: {
    summary: 'print a page that shows what the printer can',
    ...printing(),
    parse: (request) => takeNothing(request),
  },
  status: {
    summary: 'tell how the printer is and what it is',
    ...asking(),
    parse: (request) => takeNothing(request),
  },
  recover: {
    summary: 'after an error: clear the printer and make it ready',
    ...asking(),
    parse: (request) => takeNothing(request),
  },
};

function printing() {
  return { deadlineMs: PRINT_MS, deadlineMsMax: PRINT_MS_MAX, isPhysical: true } as const;
}

function asking() {
  return { deadlineMs: ASK_MS, deadlineMsMax: ASK_MS_MAX, isPhysical: false } as const;
}

function parsePrint(request: Readonly<Record<string, unknown>>): ParsedParams {
  const { document, copy, ...rest } = request;
  const stranger = unknownMember(rest);
  if (stranger !== undefined) return stranger;
  const isCopy = typeof copy === 'number' && Number.isSafeInteger(copy) && copy >= 0;
  if (copy !== undefined && (!isCopy || copy > COPY_MAX)) {
    return invalid('copy', `must be a whole number from 0 to ${COPY_MAX}`);
  }
  if (document === undefined) return invalid('document', 'is missing');
  const parsed = parseDocument(document, ['document']);
  if (!parsed.ok) {
    const [first] = parsed.problems;
    if (first === undefined) return invalid('document', 'cannot be read');
    const { code, message, hint, path } = first;
    return { ok: false, problem: { code, message, hint, path } };
  }
  const params: PrintParams = {
    document: parsed.document,
    ...(isCopy ? { copy } : {}),
  };
  return { ok: true, params };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function parseRaw(request: Readonly<Record<string, unknown>>): ParsedParams {
  const { data, ...rest } = request;
  const stranger = unknownMember(rest);
  if (stranger !== undefined) return stranger;
  if (typeof data !== 'string' || data === '' || !BASE64.test(data)) {
    return invalid('data', 'must be bytes in base64');
  }
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  if (bytes.length > RAW_BYTES_MAX) {
    const message = `data holds ${bytes.length} bytes; at most ${RAW_BYTES_MAX} are taken.`;
    return { ok: false, problem: { ...jobProblem('JOB_TOO_LARGE', message), path: '/data' } };
  }
  const params: RawParams = { data: bytes };
  return { ok: true, params };
}

function takeNothing(request: Readonly<Record<string, unknown>>): ParsedParams {
  return unknownMember(request) ?? { ok: true, params: {} };
}

function unknownMember(rest: Readonly<Record<string, unknown>>): ParsedParams | undefined {
  const [member] = Object.keys(rest);
  return member === undefined ? undefined : invalid(member, 'is no member of this operation');
}

function invalid(member: string, what: string): ParsedParams {
  const path = `/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const message = `${member.slice(0, 60)} ${what}.`;
  return { ok: false, problem: { ...jobProblem('JOB_INVALID', message), path } };
}
