/**
 * Epochs: the lives of one gateway's log. A log that is shorter than a head it signed, or that is
 * not what the head says, was rolled back, cloned or edited; it is never extended again, a new epoch
 * follows it. This file holds the pure decision and the making of entry 0; when to look and what to
 * sign is decided elsewhere.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import { hashesEqual, rootAt, type Hash } from '../../protocol/log/merkle.ts';
import { RightsDraft } from '../../protocol/rights/rights-draft.ts';
import { draftEvents } from './apply-rights.ts';
import { draftEntry, type EntryContext } from './entry-draft.ts';
import type { EpochInfo, LedgerTransaction, LedgerView } from './ledger-port.ts';

/** A size and root that somebody holds a signature over. */
export interface KnownHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Whose head it is, for the reason and the message. */
  readonly from: 'signedHead' | 'hqHead';
}

export type RollbackFinding =
  | { readonly verdict: 'consistent' }
  /** The head is about an origin that this ledger never had: a fresh or a foreign disk. */
  | { readonly verdict: 'unknownOrigin'; readonly head: KnownHead }
  | { readonly verdict: 'shorter'; readonly head: KnownHead; readonly size: number }
  | { readonly verdict: 'different'; readonly head: KnownHead; readonly root: Hash };

/** A store's view and a LedgerReader both serve. */
export type EpochsView = Pick<LedgerView, 'epochs' | 'nodes'>;

/**
 * Whether the log contains every known head as a prefix. The first head that it does not contain is
 * the finding; heads should come with the most trusted first. O(log n) reads a head.
 */
export function detectRollback(heads: readonly KnownHead[], view: EpochsView): RollbackFinding {
  for (const head of heads) {
    const epoch = view.epochs().find((known) => known.origin === head.origin);
    if (epoch === undefined) return { verdict: 'unknownOrigin', head };
    if (epoch.size < head.size) return { verdict: 'shorter', head, size: epoch.size };
    const root = rootAt(head.size, view.nodes(epoch.epoch));
    if (!hashesEqual(root, head.root)) return { verdict: 'different', head, root };
  }
  return { verdict: 'consistent' };
}

/** `first`, `rolledBack`, `fork`, … with `{prevOrigin, prevSize, prevRoot, …}` from the second on. */
export interface EpochOpening {
  readonly origin: string;
  readonly reason: string;
  readonly members: Readonly<Record<string, Json>>;
}

/** Opens the epoch and appends its entry 0, in the transaction given. */
export function openEpochIn(
  transaction: LedgerTransaction,
  opening: EpochOpening,
  context: EntryContext,
): EpochInfo {
  const { epoch, origin } = transaction.openEpoch(opening.origin);
  const members = { ...opening.members, origin, reason: opening.reason };
  const entry = draftEntry({ index: 0, kind: 'epoch', members }, context);
  transaction.write({ entries: [entry] });
  return { epoch, origin, size: 1 + freezeIn(transaction, opening.reason, context) };
}

/**
 * Whatever began this epoch, the log before it may lack what was spent: nothing is spent until that
 * is known. Gives the number of entries; a ledger without rights needs none.
 */
function freezeIn(transaction: LedgerTransaction, reason: string, context: EntryContext): number {
  if (reason === 'first') return 0;
  const draft = new RightsDraft(transaction.rights);
  draft.putState({ frozen: reason });
  const isSilent = transaction.rights.isEmpty();
  const entries = isSilent
    ? []
    : draftEvents([{ event: 'frozen', reason }], { view: transaction, context });
  transaction.write({ entries, rights: draft.writes() });
  return entries.length;
}
