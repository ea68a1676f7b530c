/**
 * What headquarters spends itself, for the online shop: promises of stock, and coupons, points and
 * stored value. It spends from grants of its own in the chain's feed, which every gateway mirrors, so
 * that a headquarters restored from a copy still knows that they were given. A top-up takes somewhat
 * more than is lacking, so that not every promise is a publication.
 */
import type { Grant } from '../feed/right-documents.ts';
import { onlineGrantId } from './online-names.ts';
import type { OnlineSpend, PoolBook } from './pool-book.ts';
import { DONE, grantWrite, lackingOf, refuse } from './pool-decisions.ts';
import type { Decision, RightWrite } from './pool-decisions.ts';
import { ONLINE_HOLDER } from './right-entries.ts';
import type { Drawn } from './right-entries.ts';

/** The part of what is available that one top-up may take beyond what is lacking. */
const TOP_UP_SHARE = 32;

export type OnlineAsked = {
  /** Of the caller: the same again is the same promise. */
  id: string;
  kind: OnlineSpend['kind'];
  pool: string;
  amount: number;
  /** For a grant that may be needed; never used before. */
  unique: string;
};

export function decideOnline(book: PoolBook, asked: OnlineAsked): Decision {
  const { id, kind, pool, amount, unique } = asked;
  const known = book.spend(id);
  if (known !== undefined) {
    const isSame = known.kind === kind && known.pool === pool && known.amount === amount;
    if (isSame) return DONE;
    return refuse('RIGHTS_ID_TAKEN', `${id} is the id of a ${known.kind} of something else.`);
  }
  const state = book.pool(pool);
  const lacking = amount - (state?.rest(book.online) ?? 0);
  const refusal = lacking > 0 ? lackingOf(state, pool, lacking) : undefined;
  if (refusal !== undefined) return refusal;
  const writes: RightWrite[] = [];
  const parts = state?.parts(book.online) ?? [];
  if (state !== undefined && lacking > 0) {
    const available = state.available();
    const beyond = Math.floor((available - lacking) / TOP_UP_SHARE);
    const grantId = onlineGrantId(book.life, unique);
    const grant: Grant = { grantId, holder: ONLINE_HOLDER, pool, amount: lacking + beyond };
    writes.push(grantWrite(undefined, grant));
    parts.push(grant);
  }
  const event = kind === 'promise' ? 'promised' : 'spent';
  writes.push({ to: 'log', event: { event, id, pool, amount, from: drawnFrom(parts, amount) } });
  return { ok: true, writes };
}

/** Ends a promise; ending it in the same way again writes nothing. */
export function decideEnd(book: PoolBook, id: string, end: 'released' | 'collected'): Decision {
  const known = book.spend(id);
  if (known?.kind !== 'promise') {
    return refuse('RIGHTS_PROMISE_UNKNOWN', `There is no promise ${id}.`);
  }
  if (known.state === end) return DONE;
  if (known.state !== 'open') {
    return refuse('RIGHTS_PROMISE_SETTLED', `The promise ${id} is ${known.state} already.`);
  }
  return { ok: true, writes: [{ to: 'log', event: { event: end, id } }] };
}

function drawnFrom(parts: readonly Drawn[], amount: number): Drawn[] {
  const drawn: Drawn[] = [];
  let open = amount;
  for (const { grantId, amount: rest } of parts) {
    const taken = Math.min(rest, open);
    if (taken > 0) drawn.push({ grantId, amount: taken });
    open -= taken;
  }
  return drawn;
}
