/** Reads the sales out of entries as they lie on a disk, with nothing of the product's reading. */
import { contentKey } from './sale.ts';
import type { HeldSale } from './oracle.ts';

const LF = 0x0a;
const BLOB_SALT_BYTES = 32;

/** The sale in an entry; undefined for every other entry. `blob` is salt ‖ bytes. */
export function saleIn(
  leaf: Uint8Array,
  blob: () => Uint8Array | undefined,
): Omit<HeldSale, 'store'> | undefined {
  const end = leaf.indexOf(LF);
  const header = JSON.parse(Buffer.from(leaf.subarray(0, end)).toString('utf8')) as {
    kind: string;
    transactionId?: string;
    body: { at: string };
  };
  if (header.kind !== 'transaction') return undefined;
  const whole = header.body.at === 'blob' ? blob() : undefined;
  const bytes = whole === undefined ? leaf.subarray(end + 1) : whole.subarray(BLOB_SALT_BYTES);
  const content = contentKey(bytes);
  if (content === undefined || header.transactionId === undefined) return undefined;
  return { transactionId: header.transactionId, content };
}
