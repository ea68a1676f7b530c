/**
 * Answers gateways that ask for rights, by themselves, at most some at a time: with a grant of what
 * was asked as far as the pool has it. Where it has too little, headquarters' own rests go first, then
 * what others hold is recalled, and after a while what there is by then is given. Of a campaign no
 * single answer takes more than half of what is left, so that the first store does not get it all.
 *
 * The grant's id follows from the entry that asked, so a question is answered once, whatever is
 * killed in between. What cannot be answered is forgotten; the gateway asks again after ten minutes.
 */
import { hash } from 'node:crypto';
import type { PoolBook, RightRequest } from '../../protocol/rights/pool-book.ts';
import {
  askForOwn,
  decideIssue,
  decideRecall,
  decideTakeBack,
  recallable,
} from '../../protocol/rights/pool-decisions.ts';
import type { RightWrite } from '../../protocol/rights/pool-decisions.ts';
import { poolKind } from '../../protocol/rights/pool.ts';
import type { PoolState } from '../../protocol/rights/pool-state.ts';

/** Answers in one turn: each is a publication, and others wait for the turn. */
const ANSWERS_MAX = 20;
/** Of one request, so that no question empties a whole chain at once. */
const RECALLS_MAX = 8;
/** A store that is online has given back by then. */
const RECALL_WAIT_MS = 30_000;
/** A gateway asks again after this. */
const FORGOTTEN_MS = 600_000;
/** A campaign's answer takes at most this part of what is left. */
const CAMPAIGN_SHARE = 2;

/** What is known of open questions: in memory, since asking again costs little. */
export type RequestState = Map<string, { sinceMs: number; recalledMs: number | undefined }>;

export type RequestSurroundings = {
  nowMs: number;
  /** STORE/GATEWAY. */
  isEnrolled: (holder: string) => boolean;
  /** Which of these grants are at rest, so that the book does not name them. */
  atRest: (grantIds: readonly string[]) => Promise<readonly { grantId: string }[]>;
  write: (writes: readonly RightWrite[]) => Promise<void>;
};

export const newRequestState = (): RequestState => new Map();

export async function answerRequests(
  book: PoolBook,
  state: RequestState,
  around: RequestSurroundings,
): Promise<void> {
  let answers = 0;
  const requests = book.requests().map((request) => ({ request, id: requestId(request) }));
  const news = requests.flatMap(({ id }) => (state.has(id) ? [] : [id]));
  const atRest = new Set((await around.atRest(news)).map(({ grantId }) => grantId));
  for (const { request, id } of requests) {
    if (answers >= ANSWERS_MAX) return;
    if (atRest.has(id)) {
      book.doneWith(request);
      continue;
    }
    const open = state.get(id) ?? { sinceMs: around.nowMs, recalledMs: undefined };
    const writes = answer(book, { id, request, open }, around);
    if (writes === 'done' || around.nowMs - open.sinceMs >= FORGOTTEN_MS) {
      book.doneWith(request);
      state.delete(id);
      continue;
    }
    state.set(id, open);
    if (writes.length > 0) answers++;
    await around.write(writes);
  }
}

type Asked = { id: string; request: RightRequest; open: { recalledMs: number | undefined } };

function answer(book: PoolBook, asked: Asked, around: RequestSurroundings): RightWrite[] | 'done' {
  const { id, request, open } = asked;
  const { store, gateway, pool: name, amount } = request;
  const holder = `${store}/${gateway}`;
  const isAnswered = book.poolOfGrant(id) !== undefined;
  if (isAnswered || amount < 1 || book.isFenced(holder) || !around.isEnrolled(holder))
    return 'done';
  const pool = book.pool(name);
  if (pool === undefined) return [];
  const given = share(pool, amount);
  const give = (): RightWrite[] | 'done' => {
    if (given === 0) return [];
    const grant = { grantId: id, pool: name, holder: { store, gateway }, amount: given };
    const decision = decideIssue(book, grant);
    return decision.ok ? [...decision.writes] : 'done';
  };
  if (given >= amount || isWaitOver(open, around.nowMs)) return give();
  if (isCampaign(pool) && given > 0) return give();
  const own = decideTakeBack(book, pool, amount);
  if (own.length > 0) return own;
  if (open.recalledMs !== undefined) return [];
  const asking = recalls(book, pool, asked);
  if (asking.length === 0) return give();
  open.recalledMs = around.nowMs;
  return asking;
}

function isCampaign({ pool }: PoolState): boolean {
  return poolKind(pool) === 'coupon';
}

function share(pool: PoolState, amount: number): number {
  const available = Math.max(0, pool.available());
  return Math.min(amount, isCampaign(pool) ? Math.ceil(available / CAMPAIGN_SHARE) : available);
}

function isWaitOver({ recalledMs }: Asked['open'], nowMs: number): boolean {
  return recalledMs !== undefined && nowMs - recalledMs >= RECALL_WAIT_MS;
}

/** Grants of others first; then what others earned, which they may need themselves. */
function recalls(book: PoolBook, pool: PoolState, { id, request }: Asked): RightWrite[] {
  const holder = `${request.store}/${request.gateway}`;
  let lacking = request.amount - Math.max(0, pool.available());
  const writes: RightWrite[] = [];
  for (const held of recallable(book, pool, holder)) {
    if (lacking <= 0 || writes.length >= RECALLS_MAX) return writes;
    const decision = decideRecall(book, held.grantId);
    if (decision.ok) writes.push(...decision.writes);
    lacking -= held.amount - held.drawn;
  }
  for (const other of pool.holders()) {
    if (lacking <= 0 || writes.length >= RECALLS_MAX) return writes;
    const [store, gateway] = other.split('/');
    const rest = pool.ownRest(other);
    if (other === holder || rest === 0 || store === undefined || gateway === undefined) continue;
    if (book.isFenced(other)) continue;
    writes.push(askForOwn(pool.pool, { store, gateway }, shortHash(`${id} ${other}`)));
    lacking -= rest;
  }
  return writes;
}

function requestId({ origin, index }: RightRequest): string {
  return `asked.${shortHash(`${origin} ${index}`)}`;
}

function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}
