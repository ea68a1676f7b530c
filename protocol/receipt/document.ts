/**
 * Reads a document for a printer from a request, without trust: total, every problem with its JSON
 * Pointer, and what it returns can be printed on any profile, except for what depends on the paper's
 * width or the gateway's logos. What is not looked at here is whether a printer has the characters:
 * what it lacks is drawn.
 */
import { Compile } from 'typebox/compile';
import { ERROR_CODES } from '../error-codes.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json } from '../json/json-value.ts';
import { jsonPointer } from '../json/pointer.ts';
import { explainPart } from '../transaction/explain.ts';
import type { FormWords } from '../transaction/form-words.ts';
import { ProblemList, problem } from '../transaction/problem.ts';
import type { Problem } from '../transaction/problem.ts';
import { checkBarcode } from './barcode-data.ts';
import { BLOCK_SCHEMAS, documentSchema, envelopeSchema } from './document-schema.ts';
import type { ReceiptBlock, ReceiptDocument } from './document-schema.ts';
import { refusePicture } from './picture-header.ts';

export type { ReceiptBlock, ReceiptDocument, ReceiptLanguage } from './document-schema.ts';

/** Five thousand articles with long names; laying it out holds the thread for a third of a second. */
export const DOCUMENT_CHARACTERS_MAX = 300_000;
/** A receipt has a head and a foot, and a voucher or two between them. */
const PICTURES_MAX = 8;

/** A code may have to be drawn, which takes some milliseconds each. */
const CODES_MAX = 20;

export type ParsedDocument =
  | { readonly ok: true; readonly document: ReceiptDocument }
  /** At least one problem, in the order of the document. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

const documentForm = Compile(documentSchema);

const DOCUMENT_WORDS: FormWords = {
  whole: 'The document',
  format: 'the document format',
  codes: {
    currencyUnknown: 'RECEIPT_FORM',
    dateInvalid: 'RECEIPT_FORM',
    memberMissing: 'RECEIPT_FORM',
    memberUnknown: 'RECEIPT_FORM',
    numberOutOfRange: 'RECEIPT_FORM',
    tooLong: 'RECEIPT_TOO_LONG',
    typeWrong: 'RECEIPT_FORM',
    valueInvalid: 'RECEIPT_FORM',
  },
};

/** `at` is where the document stands in the request, as the pointers begin: `['document']`. */
export function parseDocument(value: unknown, at: readonly string[] = []): ParsedDocument {
  const problems = new ProblemList();
  if (!documentForm.Check(value)) {
    explainForm(value as Json, at, problems);
    return { ok: false, problems: problems.items };
  }
  checkTexts(value, at, problems);
  for (const [index, block] of value.blocks.entries()) {
    checkBlock(block, [...at, 'blocks', String(index)], problems);
  }
  if (problems.items.length > 0) return { ok: false, problems: problems.items };
  return { ok: true, document: value };
}

/** The compiled check has the last word: what it refuses is refused, also without a known reason. */
function explainForm(value: Json, at: readonly string[], problems: ProblemList): void {
  const words = DOCUMENT_WORDS;
  explainPart(envelopeSchema, value, { problems, words, path: [...at] });
  const blocks = isJsonObject(value) ? value['blocks'] : undefined;
  for (const [index, block] of Array.isArray(blocks) ? blocks.entries() : []) {
    if (problems.omitted > 0) return;
    const path = [...at, 'blocks', String(index)];
    const type = isJsonObject(block) ? block['type'] : undefined;
    if (typeof type === 'string' && Object.hasOwn(BLOCK_SCHEMAS, type)) {
      const schema = BLOCK_SCHEMAS[type as keyof typeof BLOCK_SCHEMAS];
      explainPart(schema, block, { problems, words, path });
    } else {
      problems.add(unknownBlock([...path, 'type'], type ?? null));
    }
  }
  if (problems.items.length > 0) return;
  const message = 'The document does not match the document format.';
  problems.add(problem('RECEIPT_FORM', jsonPointer(at), { message }));
}

function unknownBlock(path: readonly string[], type: Json): Problem {
  const names = Object.keys(BLOCK_SCHEMAS).join(', ');
  return problem('RECEIPT_FORM', jsonPointer(path), {
    message: `A block has one of these types: ${names}.`,
    ...(typeof type === 'string' ? { got: type.slice(0, 60).toWellFormed() } : {}),
  });
}

/** Sums of lengths, and half surrogate pairs, which no encoding can carry. */
function checkTexts(document: ReceiptDocument, at: readonly string[], problems: ProblemList): void {
  let characters = 0;
  let pictures = 0;
  let codes = 0;
  for (const [index, block] of document.blocks.entries()) {
    if (block.type === 'image') {
      pictures += 1;
      continue;
    }
    if (block.type === 'qr' || block.type === 'barcode') codes += 1;
    for (const text of textsOf(block)) {
      characters += text.length;
      if (text.isWellFormed()) continue;
      const message = 'A text holds half of a surrogate pair.';
      const path = jsonPointer([...at, 'blocks', String(index)]);
      problems.add(problem('RECEIPT_FORM', path, { message }));
    }
  }
  const blocks = jsonPointer([...at, 'blocks']);
  if (characters > DOCUMENT_CHARACTERS_MAX) {
    const message = `The texts have ${characters} characters; at most ${DOCUMENT_CHARACTERS_MAX} are taken.`;
    problems.add(problem('RECEIPT_TOO_LONG', blocks, { message, got: characters }));
  }
  if (codes > CODES_MAX) {
    const message = `There are ${codes} bar codes and QR codes; at most ${CODES_MAX} are taken.`;
    problems.add(problem('RECEIPT_TOO_LONG', blocks, { message, got: codes }));
  }
  if (pictures > PICTURES_MAX) {
    const message = `There are ${pictures} pictures; at most ${PICTURES_MAX} are taken.`;
    problems.add(problem('RECEIPT_TOO_LONG', blocks, { message, got: pictures }));
  }
}

function textsOf(block: ReceiptBlock): string[] {
  switch (block.type) {
    case 'text':
    case 'qr':
      return [block.text];
    case 'columns':
      return block.columns.map((column) => column.text);
    case 'item':
      return [
        block.description,
        block.quantity?.unit ?? '',
        ...(block.discounts ?? []).map((discount) => discount.description ?? ''),
      ];
    case 'total':
      return [block.label];
    case 'barcode':
      return [block.data];
    default:
      return [];
  }
}

/** What the schema cannot say about one block. */
function checkBlock(block: ReceiptBlock, at: readonly string[], problems: ProblemList): void {
  if (block.type === 'barcode') {
    const verdict = checkBarcode(block.symbology, block.data);
    if (verdict.ok) return;
    const message = `${verdict.reason}.`;
    problems.add(
      problem('RECEIPT_BARCODE', jsonPointer([...at, 'data']), { message, got: block.data }),
    );
  } else if (block.type === 'image') {
    const reason = refusePicture(Buffer.from(block.png, 'base64'));
    if (reason === undefined) return;
    const hint = ERROR_CODES.RECEIPT_PICTURE.fix;
    const path = jsonPointer([...at, 'png']);
    problems.add(problem('RECEIPT_PICTURE', path, { message: `${reason}.`, hint }));
  } else if (block.type === 'qr') {
    checkQr(block, at, problems);
  }
}

/** Bytes that the largest QR code of each error level holds (ISO/IEC 18004 table 7). */
const QR_BYTES_MAX = { L: 2_953, M: 2_331, Q: 1_663, H: 1_273 } as const;

function checkQr(
  block: { text: string; errorLevel?: keyof typeof QR_BYTES_MAX },
  at: readonly string[],
  problems: ProblemList,
): void {
  const level = block.errorLevel ?? 'M';
  const length = Buffer.byteLength(block.text);
  const limit = QR_BYTES_MAX[level];
  if (length <= limit) return;
  const message = `A QR code of level ${level} holds ${limit} bytes; this text has ${length}.`;
  const path = jsonPointer([...at, 'text']);
  problems.add(problem('RECEIPT_BARCODE', path, { message, expected: limit, got: length }));
}
