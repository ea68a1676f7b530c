/** Bytes of somebody else as text for a terminal: cut, and without anything that it would obey. */
export const SHOWN_BYTES_MAX = 4_000;

export function readableText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, SHOWN_BYTES_MAX)).toString('utf8');
  return text.replaceAll(/[^\P{C}\n\t]/gu, '\uFFFD');
}
