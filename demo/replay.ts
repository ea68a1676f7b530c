/**
 * The replay itself: tills submit, and three things happen on the way, each when a share of the
 * invoices has its answer, so that slow and fast machines see the same play:
 *
 *   30 %  the network between store and headquarters is cut; sales go on
 *   50 %  the gateway is killed with SIGKILL and started again; tills submit again what has no answer
 *   70 %  the network is mended, and headquarters catches up beside the living sales
 */
import type { AnswerBook } from './answer-book.ts';
import type { CuttableLink } from './cuttable-link.ts';
import type { DemoGateway } from './gateway.ts';
import { waitFor } from './patience.ts';
import { TillgateError } from '../protocol/errors.ts';
import type { GatewayLife } from './till-messages.ts';
import type { TillFleet } from './till-fleet.ts';

const CUT_SHARE = 0.3;
const KILL_SHARE = 0.5;
const MEND_SHARE = 0.7;

/** Tills that hear nothing at all for this long will not hear anything any more. */
const SILENCE_LIMIT_MS = 90_000;
const WATCH_EVERY_MS = 10;

export type ReplayParts = {
  fleet: TillFleet;
  gateway: DemoGateway;
  link: CuttableLink;
  book: AnswerBook;
  invoices: number;
  signal: AbortSignal;
  note: (text: string) => void;
};

/** Resolves when every invoice has an answer. `life` is the gateway that runs at the beginning. */
export async function replay(parts: ReplayParts, life: GatewayLife): Promise<void> {
  const { fleet, gateway, link, note } = parts;
  fleet.reach(life);
  await untilAnswered(parts, CUT_SHARE);
  link.cut();
  note('The network to headquarters is cut.');
  await untilAnswered(parts, KILL_SHARE);
  await gateway.kill();
  note('The gateway is killed with SIGKILL.');
  const again = await gateway.start(parts.signal);
  note(`The gateway runs again, with ${again.sizeAtStart} entries in its log.`);
  fleet.reach(again);
  await untilAnswered(parts, MEND_SHARE);
  link.mend();
  note('The network is mended.');
  await untilAnswered(parts, 1);
  note(`The tills submitted ${fleet.resubmitted} invoices again, for want of an answer.`);
}

function untilAnswered(parts: ReplayParts, share: number): Promise<true> {
  const { book, fleet, invoices, signal } = parts;
  const enough = (): true | undefined => {
    if (fleet.lost !== undefined) {
      throw new TillgateError('DEMO_FAILED', `The process of ${fleet.lost} ended early.`);
    }
    return book.answered >= Math.ceil(share * invoices) ? true : undefined;
  };
  return waitFor(enough, {
    what: `answers to ${Math.ceil(share * invoices)} invoices (${book.answered} so far)`,
    limitMs: SILENCE_LIMIT_MS,
    everyMs: WATCH_EVERY_MS,
    signal,
    progress: () => book.answered,
  });
}
