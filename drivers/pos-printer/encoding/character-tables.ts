/**
 * Which bytes a printer has for a character: reverse tables of its code pages and of the two-byte
 * part of GB18030, made once from iconv-lite, which is loaded when a printer first needs it.
 *
 * GB18030 also has forms of four bytes. Printers take those for two characters of two bytes (the yen
 * sign comes out as rubbish and "0"), so none of them is in the table.
 */
import { assert, must } from '../../../protocol/must.ts';

/** Code points from U+0080 → byte; ASCII is the same everywhere. */
export type CodePage = ReadonlyMap<number, number>;

export interface CharacterTables {
  codePage(name: string): CodePage;
  /** Code point → two bytes as one number. */
  readonly gb18030: ReadonlyMap<number, number>;
}

interface Decoder {
  decode(bytes: Buffer, encoding: string): string;
  encodingExists(name: string): boolean;
}

const REPLACEMENT = 0xfffd;

let tables: CharacterTables | undefined;

export async function loadCharacterTables(): Promise<CharacterTables> {
  if (tables !== undefined) return tables;
  const { default: iconv } = await import('iconv-lite');
  const pages = new Map<string, CodePage>();
  tables = {
    codePage: (name) => {
      const known = pages.get(name);
      if (known !== undefined) return known;
      const page = readCodePage(iconv, name);
      pages.set(name, page);
      return page;
    },
    gb18030: readTwoByteForms(iconv),
  };
  return tables;
}

/** For callers that cannot wait; throws `INTERNAL` before the tables are loaded. */
export function characterTables(): CharacterTables {
  return must(tables, 'the tables of characters are loaded before a document is encoded');
}

function readCodePage(iconv: Decoder, name: string): CodePage {
  assert(iconv.encodingExists(name), `there is a code page ${name}`);
  const page = new Map<number, number>();
  for (let byte = 0x80; byte <= 0xff; byte += 1) {
    const point = iconv.decode(Buffer.of(byte), name).codePointAt(0) ?? REPLACEMENT;
    // C1 controls stand where a Windows page has nothing.
    if (point >= 0xa0 && point !== REPLACEMENT && !page.has(point)) page.set(point, byte);
  }
  return page;
}

function readTwoByteForms(iconv: Decoder): ReadonlyMap<number, number> {
  const bytes: number[] = [];
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      // A line feed behind each keeps one bad pair from swallowing the next.
      if (trail !== 0x7f) bytes.push(lead, trail, 0x0a);
    }
  }
  const forms = new Map<number, number>();
  const lines = iconv.decode(Buffer.from(bytes), 'gb18030').split('\n');
  for (const [at, text] of lines.entries()) {
    const point = text.codePointAt(0);
    const isPrivate = point !== undefined && point >= 0xe000 && point < 0xf900;
    if (point === undefined || point === REPLACEMENT || isPrivate || forms.has(point)) continue;
    forms.set(point, ((bytes[at * 3] ?? 0) << 8) | (bytes[at * 3 + 1] ?? 0));
  }
  return forms;
}
