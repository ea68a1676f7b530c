/**
 * What a command about rights does: its entries and its rows, in one commit. What is done already
 * writes nothing. Also the other places where rights meet the log: what an entry that is written
 * again or sent back says of them, and what headquarters is asked for when a sale lacks something.
 */
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { must } from '../../protocol/must.ts';
import {
  foldAnchor,
  foldCredits,
  foldDebits,
  foldEvent,
} from '../../protocol/rights/fold-rights.ts';
import { change, OWN_RECALL_PREFIX, request } from '../../protocol/rights/holder.ts';
import { readRightEvent, readTransactionRights } from '../../protocol/rights/read-rights.ts';
import type { RightEvent } from '../../protocol/rights/right-entries.ts';
import { RightsDraft } from '../../protocol/rights/rights-draft.ts';
import type { RightsWrites } from '../../protocol/rights/rights-view.ts';
import { onceKey } from './answer-keys.ts';
import type { ApplySurroundings } from './apply-acceptable.ts';
import type { Applied } from './apply.ts';
import type { RightsAnswer, RightsCommand } from './commands.ts';
import { draftEntry } from './entry-draft.ts';
import type { EntryDraft, EntryRef, LedgerView } from './ledger-port.ts';
import { readHeader } from './reply.ts';
import type { Told } from './returned-entry.ts';

/** Pools that one refused sale asks for; a receipt names a member, an account and a few coupons. */
const REQUESTS_MAX = 8;

export function applyRights(command: RightsCommand, surroundings: ApplySurroundings): Applied {
  const { view, context } = surroundings;
  const once = onceOf(command);
  if (once !== undefined && view.earlierAnswer(onceKey(once)) !== undefined) {
    return about({ state: 'done', entries: 0 }, surroundings, { entries: [] });
  }
  const outcome = change(command.change, view.rights, context.clock.wall);
  if (outcome.state === 'refused') {
    const { code } = outcome;
    return about({ ...outcome, hint: ERROR_CODES[code].fix }, surroundings, { entries: [] });
  }
  const { events, writes: rights, reservation, left } = outcome;
  // A gateway that knows of no rights has nothing that could be frozen.
  const isSilent = isAboutFrost(command) && view.rights.isEmpty();
  const entries = isSilent ? [] : draftEvents(events, surroundings, { once, ...command });
  const answer: RightsAnswer = {
    ...{ state: 'done', entries: entries.length },
    ...(reservation !== undefined && { reservation }),
    ...(left !== undefined && { left }),
  };
  return about(answer, surroundings, { entries, rights });
}

/** A recall of what was earned here leaves no row that an entry could tell. */
function onceOf({ change: wanted }: RightsCommand): string | undefined {
  if (wanted.type !== 'grant' || wanted.grant.recall !== true) return undefined;
  const { grantId } = wanted.grant;
  return grantId.startsWith(OWN_RECALL_PREFIX) ? `recalled:${grantId}` : undefined;
}

function isAboutFrost({ change: { type } }: RightsCommand): boolean {
  return type === 'freeze' || type === 'thaw';
}

function about(
  answer: RightsAnswer,
  { view }: ApplySurroundings,
  writes: Applied['writes'],
): Applied {
  const { origin, size } = must(view.current(), 'an epoch is open before anything is done');
  const text = JSON.stringify(answer);
  const isNew = writes.entries.length > 0 || writes.rights !== undefined;
  return {
    writes,
    reply: { outcome: 'rights', origin, index: size, text, duplicate: !isNew },
  };
}

/** The entries of `events`, behind those that the command itself writes before. */
export function draftEvents(
  events: readonly RightEvent[],
  { view, context, ahead = 0 }: ApplySurroundings,
  { once, deviceId }: { once?: string | undefined; deviceId?: string | undefined } = {},
): EntryDraft[] {
  const { size } = must(view.current(), 'an epoch is open before anything is appended');
  return events.map((event, at) =>
    draftEntry(
      {
        index: size + ahead + at,
        kind: 'grant',
        members: { ...(event as unknown as JsonObject), once, deviceId },
        ...(once !== undefined && at === events.length - 1 && { answers: onceKey(once) }),
      },
      context,
    ),
  );
}

/** What headquarters is asked for because a sale lacks it. */
export function requestLacking(
  lacks: readonly { pool: string; amount: number }[],
  surroundings: ApplySurroundings,
): { entries: EntryDraft[]; rights: RightsWrites } {
  const draft = new RightsDraft(surroundings.view.rights);
  const nowMs = surroundings.context.clock.wall;
  const events = request(lacks.slice(0, REQUESTS_MAX), { draft, nowMs });
  return { entries: draftEvents(events, surroundings), rights: draft.writes() };
}

/** What an entry says of rights, as it stands in its header. */
export type RightsTold = { kind: string; members: JsonObject };

/** `debits` alone where another sale under the same id counts. */
export type RightsCounting = 'whole' | 'debits' | 'past';

/**
 * How a sale that comes back counts: undefined where it was counted by the entry that holds its id;
 * where that is another sale, what this one spent is gone as well.
 */
export function countingOf(
  contentHash: string | undefined,
  claimed: EntryRef | undefined,
  view: Pick<LedgerView, 'leaf'>,
): RightsCounting | undefined {
  if (claimed === undefined) return 'past';
  const header = readHeader(must(view.leaf(claimed), 'what claims an id is kept'));
  return header['contentHash'] === contentHash ? undefined : 'debits';
}

/** The same for any entry; what is no sale is counted by its own marks. */
export function countingOfTold(
  told: Told,
  view: Pick<LedgerView, 'leaf' | 'claim'>,
): RightsCounting | undefined {
  if (told.kind !== 'transaction') return 'past';
  return countingOf(told.contentHash, view.claim(told.transactionId), view);
}

/** Changes the rows as the entry says; false where it says nothing of rights. */
export function foldEntry(
  { kind, members }: RightsTold,
  draft: RightsDraft,
  counting: RightsCounting = 'whole',
): boolean {
  const isPast = counting !== 'whole';
  switch (kind) {
    case 'grant': {
      const event = readRightEvent(members);
      if (event !== undefined) foldEvent(event, draft, isPast);
      return event !== undefined;
    }
    case 'transaction': {
      const rights = readTransactionRights(members['rights']);
      if (rights === undefined) return false;
      foldDebits(rights.debits, draft);
      if (counting !== 'debits') foldCredits(rights.credits, draft);
      return true;
    }
    case 'anchor': {
      const seconds: Json | undefined = members['timeSeconds'];
      if (typeof seconds !== 'number') return false;
      foldAnchor(seconds, draft);
      return true;
    }
    case 'epoch':
      if (isPast || typeof members['reason'] !== 'string') return false;
      if (members['reason'] === 'first') return false;
      draft.putState({ frozen: members['reason'] });
      return true;
    default:
      return false;
  }
}

/** The rows that one entry of this log changes; undefined where it says nothing of rights. */
export function rightsOfEntry(
  told: RightsTold,
  { view }: Pick<ApplySurroundings, 'view'>,
): RightsWrites | undefined {
  const draft = new RightsDraft(view.rights);
  return foldEntry(told, draft) ? draft.writes() : undefined;
}
