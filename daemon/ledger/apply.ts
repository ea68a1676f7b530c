/**
 * What a command does to the ledger: a pure function of the command, what the ledger holds and the
 * context (time, hybrid clock, salts). It writes nothing itself; the caller commits the writes and
 * only then gives the answer away.
 *
 * The order of decision: the judge's verdict first, the look-up after it. So what was refused for
 * its signature is judged afresh once the key is enrolled, and what is refused again for the same
 * reasons gets its first answer and no second entry.
 *
 *   acceptable   id not claimed                 → transaction entry, claims the id
 *                claimed by the same content    → the first answer, rebuilt from its entry
 *                claimed by other content       → conflict entry, once per content
 *   refused      seen before                    → the first answer, rebuilt from its entry
 *                within the device's quota      → rejected entry, body as a blob
 *                above it                       → the day's summary entry, counted
 */
import { assert, must } from '../../protocol/must.ts';
import { onceKey } from './answer-keys.ts';
import { applyAcceptable } from './apply-acceptable.ts';
import { applyAdvanceJob, applyPutJob } from './apply-job.ts';
import { applyRefused } from './apply-refused.ts';
import { applyRights, rightsOfEntry } from './apply-rights.ts';
import type { Append, Command } from './commands.ts';
import { draftEntry, type EntryContext } from './entry-draft.ts';
import type { EntryDraft, LedgerView, Writes } from './ledger-port.ts';
import { originOf, type Reply } from './reply.ts';

export interface Applied {
  readonly writes: Writes;
  readonly reply: Reply;
}

/** Members that every entry has; those of a kind must not shadow them. */
const COMMON_MEMBERS = ['v', 'kind', 'index', 'recordedAt', 'clock', 'hlc', 'body'];

export function apply(command: Command, view: LedgerView, context: EntryContext): Applied {
  if (command.type === 'append') return applyAppend(command, view, context);
  if (command.type === 'putJob') return applyPutJob(command, { view, context });
  if (command.type === 'advanceJob') return applyAdvanceJob(command, { view, context });
  if (command.type === 'rights') return applyRights(command, { view, context });
  return command.judgement.verdict === 'acceptable'
    ? applyAcceptable(command, command.judgement, { view, context })
    : applyRefused(command, command.judgement, { view, context });
}

function applyAppend(command: Append, view: LedgerView, context: EntryContext): Applied {
  assert(
    !COMMON_MEMBERS.some((name) => name in command.members),
    'the members of a kind do not shadow those that every entry has',
  );
  const { origin, size } = must(view.current(), 'an epoch is open before anything is appended');
  const key = command.once === undefined ? undefined : onceKey(command.once);
  const earlier = key === undefined ? undefined : view.earlierAnswer(key);
  if (earlier !== undefined) {
    const known = { origin: originOf(earlier, view), index: earlier.index, duplicate: true };
    return { writes: { entries: [] }, reply: { outcome: 'appended', text: '', ...known } };
  }
  const draft = draftEntry(
    {
      index: size,
      kind: command.kind,
      members: {
        ...command.members,
        deviceId: command.deviceId,
        mediaType: command.mediaType,
        once: command.once,
      },
      ...(key !== undefined && { answers: key }),
      ...(command.body !== undefined && { body: command.body }),
      ...claimOfCarried(command, view),
    },
    context,
  );
  // A sale that is carried over is counted where it claims its id; else its first entry was.
  const isCounted = command.kind !== 'transaction' || draft.claims !== undefined;
  const rights = isCounted ? rightsOfEntry(command, { view }) : undefined;
  return {
    writes: {
      entries: [command.kind === 'anchor' ? asAnchor(draft, command) : draft],
      ...(rights !== undefined && { rights }),
    },
    reply: { outcome: 'appended', origin, index: size, text: '', duplicate: false },
  };
}

/** A sale that is carried over claims its id only where the entry that did is lost. */
function claimOfCarried({ kind, members }: Append, view: LedgerView): { claims?: string } {
  const { transactionId } = members;
  if (kind !== 'transaction' || typeof transactionId !== 'string') return {};
  return view.claim(transactionId) === undefined ? { claims: transactionId } : {};
}

function asAnchor(draft: EntryDraft, { members }: Append): EntryDraft {
  const { size, timeSeconds } = members;
  assert(typeof size === 'number' && typeof timeSeconds === 'number', 'an anchor names a head');
  return { ...draft, anchor: { size, timeSeconds } };
}
