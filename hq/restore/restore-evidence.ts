/**
 * Opens what gateways show of headquarters' own signatures. Evidence that comes out was signed by a key
 * of headquarters; where it was not, or is of something else, it is said why it counts for nothing.
 * Whether custody holds what the evidence says is not looked at here. Pure.
 */
import { isTillgateError } from '../../protocol/errors.ts';
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { openCheckpoint, parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import type { Checkpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignature } from '../../protocol/log/cosignature.ts';
import { parseNote } from '../../protocol/log/note.ts';

/** What was signed, and the note that shows it. */
export type Evidence = Checkpoint & { note: string };
/** Of a store's log; headquarters' cosignature says when. */
export type LogEvidence = Evidence & { timeSeconds: number };

/** Headquarters' durable key cosigned so much of the log `origin`. */
export function openLogEvidence(
  note: string,
  { origin, durableVkey }: { origin: string; durableVkey: string },
): LogEvidence | string {
  return openedOr(() => {
    const { timeSeconds } = verifyCosignature(note, durableVkey);
    const opened = openCheckpoint(note, [durableVkey]);
    if (opened.origin !== origin) return 'the evidence is of another log';
    return { ...opened, timeSeconds, note };
  });
}

/** Headquarters signed so much of a feed. */
export function openFeedEvidence(
  note: string,
  feedVkeyOf: (origin: string) => string,
): Evidence | string {
  return openedOr(() => {
    const { origin } = parseCheckpoint(parseNote(note).text);
    if (!isFeedOrigin(origin)) return 'it is of no feed';
    return { ...openCheckpoint(note, [feedVkeyOf(origin)]), note };
  });
}

function openedOr<T>(open: () => T): T | string {
  try {
    return open();
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return error.message;
    throw error;
  }
}
