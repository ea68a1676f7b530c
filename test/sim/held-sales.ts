/** Reads the sales out of entries as they lie on a disk, with nothing of the product's reading. */
import { isTillgateError } from '../../protocol/errors.ts';
import type { CustodyReader, Tail } from '../../hq/custody/custody.ts';
import type { LedgerView } from '../../daemon/ledger/ledger-port.ts';
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

/** All that a gateway's ledger holds. */
export function salesInLedger(view: LedgerView | undefined): Omit<HeldSale, 'store'>[] {
  const held: Omit<HeldSale, 'store'>[] = [];
  // HQ's branch beside a log of one's own is kept for tills and never offered to HQ again.
  const returned = view?.returned().filter((place) => place.of === null) ?? [];
  for (const { epoch, size } of [...(view?.epochs() ?? []), ...returned]) {
    for (let index = 0; index < size; index += 1) {
      const leaf = view?.leaf({ epoch, index });
      const blob = (): Uint8Array | undefined => {
        const kept = view?.blob({ epoch, index });
        return kept && Buffer.concat([kept.salt, kept.bytes]);
      };
      const sale = leaf && saleIn(leaf, blob);
      if (sale !== undefined) held.push(sale);
    }
  }
  return held;
}

/** The same out of custody; undefined also for an entry that custody names as damaged. */
export async function saleAt(
  custody: CustodyReader,
  origin: string,
  index: number,
): Promise<Omit<HeldSale, 'store'> | undefined> {
  try {
    const [entry, blob] = [await custody.entry(origin, index), await custody.blob(origin, index)];
    return entry && saleIn(entry.leaf, () => blob?.bytes);
  } catch (error) {
    if (isTillgateError(error, 'HQ_CUSTODY_DAMAGED')) return undefined;
    throw error;
  }
}

/** Reads what the projection follows, to its end. */
export async function walkTail(custody: CustodyReader): Promise<void> {
  let cursor: string | null = null;
  for (;;) {
    const tail: Tail = await custody.tail(cursor);
    if (tail.cursor === cursor || tail.records.length === 0) return;
    cursor = tail.cursor;
  }
}
