/**
 * From chunks to frames, without I/O. A framer is total: no input makes it throw. What is no frame
 * comes back as `discarded`; after garbage it looks for the next frame one byte further on, so that
 * noise swallows at most one good frame. What it holds is capped.
 */

export type DiscardReason = 'noise' | 'checksum' | 'oversized' | 'incomplete';

export type Framed<F> =
  | { readonly type: 'frame'; readonly frame: F; readonly bytes: Uint8Array }
  | { readonly type: 'discarded'; readonly bytes: Uint8Array; readonly why: DiscardReason };

export interface Framer<F> {
  /** Any chunking of the same bytes gives the same frames. */
  push(chunk: Uint8Array): readonly Framed<F>[];
  /** Gives up on a frame whose rest did not come in time. */
  flush(): readonly Framed<F>[];
  /** Bytes that wait for the rest of their frame; never above the framer's cap. */
  readonly bufferedBytes: number;
}
