/**
 * JSON between systems is UTF-8 without a byte order mark (RFC 8259 section 8.1). The check of good
 * text is one native call; only bad text pays for finding out where it goes wrong.
 */
import { isUtf8 } from 'node:buffer';

/** What is wrong with the encoding of `view`: undefined, or what was got and a sentence. */
export function describeEncodingFault(view: Buffer): { got: string; message: string } | undefined {
  if (view[0] === 0xef && view[1] === 0xbb && view[2] === 0xbf) {
    return {
      got: 'EF BB BF',
      message: 'The text begins with a byte order mark; JSON has none (RFC 8259 section 8.1).',
    };
  }
  if (isUtf8(view)) return undefined;
  const at = firstInvalidUtf8(view);
  const got = view.subarray(at, at + 4).toString('hex');
  return { got, message: `The bytes are not UTF-8 from offset ${at} on.` };
}

/** Offset of the first byte that belongs to no valid sequence; found by halving valid prefixes. */
function firstInvalidUtf8(view: Buffer): number {
  let valid = 0;
  let invalid = view.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >>> 1;
    // A prefix that only ends inside a sequence is not yet invalid: the stream decoder tells apart.
    if (decodesAsPrefix(view.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  while (valid > 0 && !isUtf8(view.subarray(0, valid))) valid -= 1;
  return valid;
}

function decodesAsPrefix(prefix: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(prefix, { stream: true });
    return true;
  } catch {
    // The decoder's only error is the invalid sequence that is being looked for.
    return false;
  }
}
