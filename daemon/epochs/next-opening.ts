/**
 * What entry 0 of a following epoch says: which log it follows, how much of it is still here, who
 * contradicted it, and the old key's word for that where the key is the same.
 */
import type { KeyObject } from 'node:crypto';
import type { Json } from '../../protocol/json/json-value.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { EMPTY_ROOT, rootAt, type NodeReader } from '../../protocol/log/merkle.ts';
import { createNoteSigner, signNote } from '../../protocol/log/note.ts';
import { nextEpochOrigin, parseOrigin } from '../../protocol/log/origin.ts';
import { KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { must } from '../../protocol/must.ts';
import type { EpochOpening } from '../ledger/epoch.ts';

export type EpochReason =
  /** The log is shorter than a head this gateway signed. */
  | 'rolledBack'
  /** Heads exist and no ledger does. */
  | 'ledgerLost'
  /** HQ holds more of this log than this gateway does. */
  | 'behindHq'
  /** HQ holds a later epoch than this one that this gateway does not know. */
  | 'superseded'
  /** A signed head shows another history than this log. */
  | 'fork'
  /** A device holds an accepted answer that this log does not contain. */
  | 'answerMissing'
  /** The log was signed by a key that is not here any more. */
  | 'keyChanged'
  /** The ledger was restored from a backup. */
  | 'restored'
  /** Entries of it cannot be read any more and did not come back. */
  | 'damaged';

export type NextOpeningOptions = {
  reason: EpochReason;
  /** Heads that are known, as evidence; the newest epoch among them counts too. */
  heads: readonly { origin: string; size: number; note: string }[];
  /** What is left of the log before; undefined when nothing is. */
  previous: { origin: string; size: number; node: NodeReader } | undefined;
  privateKey: KeyObject;
  randomBytes: (count: number) => Uint8Array;
};

/** What people are told of an epoch that was opened. */
export const epochText = (opened: { origin: string; prevOrigin: string; reason: string }): string =>
  `the log ${opened.prevOrigin} cannot go on (${opened.reason}); ${opened.origin} follows it`;

/** What people are told of a log with two histories; `where` says which entries differ. */
export const forkText = (origin: string, where: string): string =>
  `The log ${origin} has two histories, ${where}: a second copy of this gateway sold under the same ` +
  'name. Both are kept and each sale counts once. Find the other copy and switch it off.';

/** What people are told where the other copy began an epoch of its own. */
export const secondCopyText = (origin: string, later: string): string =>
  `A second copy of this gateway sells under the same name: it began ${later}, while this one goes on ` +
  `in ${origin}. Each sale counts once. Find the other copy and switch it off.`;

const SUFFIX_BYTES = 4;

/** Origin, reason and members of the epoch that follows everything known. */
export function nextOpening(options: NextOpeningOptions): EpochOpening & { reason: EpochReason } {
  const { reason, heads, previous, privateKey, randomBytes } = options;
  const origins = heads.map(({ origin }) => origin);
  if (previous !== undefined) origins.push(previous.origin);
  const [newest] = origins.toSorted((a, b) => parseOrigin(b).epoch - parseOrigin(a).epoch);
  const prevOrigin = previous?.origin ?? must(newest, 'an epoch follows something known');
  const origin = nextEpochOrigin(
    must(newest, 'an epoch follows something known'),
    Buffer.from(randomBytes(SUFFIX_BYTES)).toString('hex'),
  );
  const prevSize = previous?.size ?? 0;
  const root = previous === undefined ? EMPTY_ROOT : rootAt(prevSize, previous.node);
  const members: Record<string, Json> = { prevOrigin, prevSize, prevRoot: encodeBase64(root) };
  if (reason !== 'keyChanged') {
    const signer = createNoteSigner({ name: prevOrigin, type: KEY_TYPE_ED25519, privateKey });
    const text = formatCheckpoint({ origin: prevOrigin, size: prevSize, root });
    members['prevNote'] = signNote(text, signer);
  }
  const [evidence] = heads.toSorted((a, b) => b.size - a.size);
  if (evidence !== undefined) members['evidence'] = evidence.note;
  return { origin, reason, members };
}
