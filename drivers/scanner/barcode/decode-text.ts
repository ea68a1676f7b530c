/**
 * From the bytes of a code to text: UTF-8 where they are valid UTF-8, else the fallback, else none.
 * The bytes are always kept beside the text, so a guess is never the only record of what was read.
 */

export const FALLBACK_ENCODINGS = ['gb18030', 'windows-1252', 'none'] as const;
export type FallbackEncoding = (typeof FALLBACK_ENCODINGS)[number];

export interface DecodedText {
  readonly text: string;
  readonly encoding: 'ascii' | 'utf-8' | 'gb18030' | 'windows-1252';
  /** Valid in both encodings and short characters only: it may be the other one. */
  readonly isInDoubt: boolean;
}

export function decodeText(bytes: Uint8Array, fallback: FallbackEncoding): DecodedText | undefined {
  if (bytes.every((byte) => byte < 0x80)) {
    return { text: String.fromCharCode(...bytes), encoding: 'ascii', isInDoubt: false };
  }
  const utf8 = decodeStrictly(bytes, 'utf-8');
  const other = fallback === 'none' ? undefined : decodeStrictly(bytes, fallback);
  if (utf8 !== undefined) {
    // Two Chinese characters in GB18030 may be two Greek ones in UTF-8; longer forms never are.
    const isInDoubt = fallback === 'gb18030' && other !== undefined && /^[\0-\u07ff]*$/.test(utf8);
    return { text: utf8, encoding: 'utf-8', isInDoubt };
  }
  if (other === undefined || fallback === 'none') return undefined;
  return { text: other, encoding: fallback, isInDoubt: false };
}

function decodeStrictly(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not this encoding, which is an answer and no fault.
    return undefined;
  }
}
