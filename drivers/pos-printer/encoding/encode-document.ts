/** (contract first) From a parsed document to the bytes of one model of printer. */
import type { ReceiptDocument } from '../../../protocol/receipt/document.ts';
import type { Problem } from '../../../protocol/transaction/problem.ts';
import type { PrinterProfile } from '../printer-profile.ts';

/** What a person should know about how a document came out. */
export interface EncodeNotes {
  /** Characters that nothing can print, each once: drawn as hollow boxes. */
  readonly unprintable: readonly string[];
  /** Lines of text that were drawn because the printer lacks a character in them. */
  readonly drawnLines: number;
  /** Bar codes and QR codes that were drawn. */
  readonly drawnCodes: number;
}

export type Encoded =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly notes: EncodeNotes }
  /** Nothing of the document may be printed. */
  | { readonly ok: false; readonly problem: Problem };

export interface EncodeOptions {
  /** PNGs by name, for `logo` blocks. */
  readonly logos?: ReadonlyMap<string, Uint8Array>;
  /** Where the document stands in the request, as problems' paths begin. */
  readonly at?: readonly string[];
}

/** Loads character tables, the raster font and the drawing of bar codes; await it once, early. */
export async function prepareEncoding(): Promise<void> {
  await Promise.resolve();
}

/** Throws `INTERNAL` before `prepareEncoding` has ended. Deterministic, and total otherwise. */
export function encodeDocument(
  document: ReceiptDocument,
  profile: PrinterProfile,
  options: EncodeOptions = {},
): Encoded {
  void [document, profile, options];
  return {
    ok: true,
    bytes: Uint8Array.of(0x1b, 0x40),
    notes: { unprintable: [], drawnLines: 0, drawnCodes: 0 },
  };
}
