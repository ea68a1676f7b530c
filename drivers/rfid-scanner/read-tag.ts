/**
 * Which commands read what is written on a tag, as a conversation without I/O: it yields a command,
 * is given the answer, and returns the NDEF bytes, or why there are none. An answer of any other form
 * ends it; no tag makes it longer than its bounds.
 *
 * Type 2 tags (Ultralight, NTAG) are read by pages, Type 4 (DESFire, phones) as files; the ATR tells
 * which: PC/SC part 3 gives storage cards an ATR of their own.
 */
import { NDEF_BYTES_MAX } from './ndef.ts';

/** The card's answer; undefined where it gave none. */
export type CardAnswer = Uint8Array | undefined;

export type TagContent =
  | { readonly type: 'ndef'; readonly bytes: Uint8Array }
  /** A tag without NDEF: a transport card, an empty tag. */
  | { readonly type: 'none' }
  /** It began and could not be read to the end. */
  | { readonly type: 'failed' };

export type Conversation<T> = Generator<Uint8Array, T, CardAnswer>;

const NONE: TagContent = { type: 'none' };
const FAILED: TagContent = { type: 'failed' };

/** In the ATR of a storage card: RID of the PC/SC workgroup, then which standard and which card. */
const STORAGE_CARD = '4f0ca000000306';

export function readTag(atr: string): Conversation<TagContent> {
  return atr.includes(STORAGE_CARD) ? readType2() : readType4();
}

const PAGE_BYTES = 4;
const FIRST_DATA_PAGE = 4;
const CAPABILITY_PAGE = 3;
const NDEF_MAGIC = 0xe1;
/** Readers give at most four pages at once. */
const READ_BYTES = 16;

const TLV_NULL = 0x00;
const TLV_NDEF = 0x03;
const TLV_TERMINATOR = 0xfe;
const TLV_LONG = 0xff;

/** NFC Forum, Type 2 Tag Operation: a capability container in page 3, then TLV blocks. */
function* readType2(): Conversation<TagContent> {
  const head = body(yield readPages(CAPABILITY_PAGE));
  if (head?.[0] !== NDEF_MAGIC) return NONE;
  const areaBytes = Math.min((head[2] ?? 0) * 8, NDEF_BYTES_MAX);
  let area = new Uint8Array();
  while (area.length < areaBytes) {
    const page = FIRST_DATA_PAGE + area.length / PAGE_BYTES;
    const bytes = body(yield readPages(page));
    // A whole number of pages, and at least one: anything else is no answer to this command.
    if (bytes === undefined || bytes.length === 0 || bytes.length % PAGE_BYTES !== 0) return FAILED;
    area = Uint8Array.from([...area, ...bytes]);
    const found = findMessage(area);
    if (found !== 'more') return found;
  }
  return NONE;
}

/** The first NDEF block of the area read so far. */
function findMessage(area: Uint8Array): TagContent | 'more' {
  let at = 0;
  for (;;) {
    const tag = area[at];
    if (tag === undefined) return 'more';
    if (tag === TLV_TERMINATOR) return NONE;
    if (tag === TLV_NULL) {
      at += 1;
      continue;
    }
    const short = area[at + 1];
    const isLong = short === TLV_LONG;
    const start = at + (isLong ? 4 : 2);
    if (short === undefined || (isLong && area.length < start)) return 'more';
    const length = isLong ? ((area[at + 2] ?? 0) << 8) + (area[at + 3] ?? 0) : short;
    if (length > NDEF_BYTES_MAX) return FAILED;
    if (tag === TLV_NDEF) {
      if (area.length < start + length) return 'more';
      return { type: 'ndef', bytes: area.slice(start, start + length) };
    }
    at = start + length;
  }
}

function readPages(page: number): Uint8Array {
  return Uint8Array.of(0xff, 0xb0, page >> 8, page & 0xff, READ_BYTES);
}

const NDEF_APPLICATION = [0xd2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01];
const CAPABILITY_FILE = [0xe1, 0x03];
const CAPABILITY_BYTES = 15;
const FILE_CONTROL_NDEF = 0x04;
/** What every card takes, also where its capability container promises more. */
const READ_BINARY_BYTES_MAX = 240;

/** NFC Forum, Type 4 Tag Operation: an application, its capability file, the NDEF file. */
function* readType4(): Conversation<TagContent> {
  if (body(yield selectApplication()) === undefined) return NONE;
  if (body(yield selectFile(CAPABILITY_FILE)) === undefined) return NONE;
  const capability = body(yield readBinary(0, CAPABILITY_BYTES));
  if (capability?.[7] !== FILE_CONTROL_NDEF) return NONE;
  const file = [...capability.subarray(9, 11)];
  if (file.length < 2 || body(yield selectFile(file)) === undefined) return FAILED;
  const lengthBytes = body(yield readBinary(0, 2));
  if (lengthBytes?.length !== 2) return FAILED;
  const length = ((lengthBytes[0] ?? 0) << 8) + (lengthBytes[1] ?? 0);
  if (length === 0) return NONE;
  if (length > NDEF_BYTES_MAX) return FAILED;
  const claimed = ((capability[3] ?? 0) << 8) + (capability[4] ?? 0);
  const step = Math.max(1, Math.min(READ_BINARY_BYTES_MAX, claimed));
  const bytes: number[] = [];
  while (bytes.length < length) {
    const wanted = Math.min(step, length - bytes.length);
    const part = body(yield readBinary(2 + bytes.length, wanted));
    if (part === undefined || part.length === 0 || part.length > wanted) return FAILED;
    bytes.push(...part);
  }
  return { type: 'ndef', bytes: Uint8Array.from(bytes) };
}

function selectApplication(): Uint8Array {
  return Uint8Array.of(0x00, 0xa4, 0x04, 0x00, NDEF_APPLICATION.length, ...NDEF_APPLICATION, 0x00);
}

function selectFile(id: readonly number[]): Uint8Array {
  return Uint8Array.of(0x00, 0xa4, 0x00, 0x0c, id.length, ...id);
}

function readBinary(offset: number, length: number): Uint8Array {
  return Uint8Array.of(0x00, 0xb0, offset >> 8, offset & 0xff, length);
}

/** The answer without its status; undefined unless the status is 90 00. */
function body(answer: CardAnswer): Uint8Array | undefined {
  if (answer === undefined || answer.length < 2) return undefined;
  const isFine = answer.at(-2) === 0x90 && answer.at(-1) === 0x00;
  return isFine ? answer.subarray(0, -2) : undefined;
}
