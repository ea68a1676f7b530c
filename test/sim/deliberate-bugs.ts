/**
 * Mistakes made on purpose, to see that the simulator finds them. They are wrapped around the
 * product here; the product has no switch for any of them.
 */
import type { AppendOutcome, Custody, CustodyHead } from '../../hq/custody/custody.ts';
import type { EntryDraft } from '../../daemon/ledger/ledger-port.ts';
import { readHeader } from '../../daemon/ledger/reply.ts';

export const DELIBERATE_BUGS = [
  /** A commit returns before the disk has it: a power cut takes the newest ones. */
  'dropFsync',
  /** The till hears `accepted` a moment before the commit. */
  'answerBeforeCommit',
  /** Headquarters cosigns what custody is still writing. */
  'cosignBeforeCustody',
  /** The start check does not look at the heads that were signed. */
  'reuseIndexAfterRollback',
  /** A refused submission claims its transactionId. */
  'claimOnRejection',
] as const;

export type DeliberateBug = (typeof DELIBERATE_BUGS)[number];

/** The entry as the ledger with that bug writes it. */
export function claimingOnRejection(draft: EntryDraft): EntryDraft {
  const { kind, transactionId } = readHeader(draft.leaf);
  if (kind !== 'rejected' || typeof transactionId !== 'string') return draft;
  return { ...draft, claims: transactionId };
}

/** A custody that says "kept" when it begins to write. */
export function eagerCustody(custody: Custody, onKept: () => void): Custody {
  const eager = new Map<string, CustodyHead>();
  const headOf = async (origin: string): Promise<CustodyHead | undefined> => {
    const head = await custody.head(origin);
    const early = eager.get(origin);
    return early !== undefined && head !== undefined && early.size > head.size ? early : head;
  };
  const append: Custody['append'] = async (wanted): Promise<AppendOutcome> => {
    const before = await custody.head(wanted.origin);
    const { origin, newRoot, checkpoint } = wanted;
    if (before?.size !== wanted.size) return custody.append(wanted);
    const size = wanted.size + wanted.entries.length;
    const head = { ...before, size, root: newRoot, checkpoint };
    eager.set(origin, head);
    custody.append(wanted).then(onKept, () => eager.delete(origin));
    return { verdict: 'appended', head };
  };
  return new Proxy(custody, {
    get: (target, name) => {
      if (name === 'append') return append;
      if (name === 'head') return headOf;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
