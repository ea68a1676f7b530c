/**
 * The first bytes of a PNG: enough to refuse a picture that is none, or one that would need more
 * memory than a receipt is worth, before anything is inflated.
 */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
/** Signature, length and type of IHDR, and its 13 bytes (PNG specification 11.2.2). */
const HEADER_BYTES = 33;
/** Decoded it takes four bytes a pixel; wider than any paper, and as long as a forearm. */
export const PICTURE_PIXELS_MAX = 2_000_000;
export const PICTURE_SIDE_MAX = 4_096;

/** In a sentence why the picture is not taken; undefined when it may be decoded. */
export function refusePicture(png: Uint8Array): string | undefined {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  if (png.length < HEADER_BYTES || SIGNATURE.some((byte, at) => png[at] !== byte)) {
    return 'This is not a PNG';
  }
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width === 0 || height === 0) return 'This PNG has no pixel';
  if (
    width > PICTURE_SIDE_MAX ||
    height > PICTURE_SIDE_MAX ||
    width * height > PICTURE_PIXELS_MAX
  ) {
    return `This PNG has ${width} × ${height} pixels; at most ${PICTURE_PIXELS_MAX} are taken`;
  }
  // Interlaced data cannot be bounded by the size of the picture while it is inflated.
  if (png[28] !== 0) return 'This PNG is interlaced';
  return undefined;
}
