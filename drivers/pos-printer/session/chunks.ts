/**
 * Cuts what is printed into writes. A chunk ends where a command ends, so that a question or a pulse
 * can go between two chunks without becoming a part of either.
 */
import { commandEnds } from '../command-reader.ts';

/** A second on the slowest serial line in use (9600 baud); longer only for one long command. */
export const CHUNK_BYTES_WANTED = 1_024;

export function chunksOf(bytes: Uint8Array): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let from = 0;
  let last = 0;
  for (const end of commandEnds(bytes)) {
    if (end - from > CHUNK_BYTES_WANTED && last > from) {
      chunks.push(bytes.subarray(from, last));
      from = last;
    }
    last = end;
  }
  if (from < bytes.length) chunks.push(bytes.subarray(from));
  return chunks;
}
