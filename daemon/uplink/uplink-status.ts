/** What the uplink says about itself, for `status`, metrics and the dashboard. */
import type { Source } from '../../protocol/replication/source.ts';
import type { LaterEpoch } from './told-notes.ts';

export type UplinkState =
  /** Not enrolled, or switched off in config. */
  | 'off'
  /** No connection to HQ's broker yet, or waiting to try again. */
  | 'connecting'
  /** Connected; HQ's head for this log is awaited. */
  | 'probing'
  /** HQ does not know this log and does not take its admission. */
  | 'waiting-admission'
  /** Entries are on their way. */
  | 'streaming'
  /** HQ holds everything. */
  | 'idle'
  /** HQ refused something; trying again after a pause. */
  | 'resting'
  /** HQ signed a history that is not this log's; a new epoch follows. */
  | 'forked';

export interface UplinkStatus {
  readonly state: UplinkState;
  readonly origin: string;
  /** What HQ is known to hold of this log; null before it ever answered. */
  readonly head: { readonly size: number; readonly timeSeconds: number } | null;
  /** Committed here and not covered by HQ's head. */
  readonly entriesOnlyHere: number;
  readonly entriesPerSecond: number;
  /** Seconds until HQ holds everything, or null while unknown. */
  readonly remainingSeconds: number | null;
  /** Messages refused since the start, by reason: HQ's refusals and what was refused from HQ. */
  readonly refused: Readonly<Record<string, number>>;
  /** The last thing that went wrong, as a sentence; null when all is well. */
  readonly problem: string | null;
}

export type AcknowledgedHead = {
  type: 'acknowledged';
  origin: string;
  size: number;
  timeSeconds: number;
  note: string;
};

/** What the rest of the daemon has to act on. */
export type UplinkEvent =
  /** HQ cosigned a head of the newest log. */
  | AcknowledgedHead
  /** HQ went back and is being filled again; worth an audit entry. */
  | { type: 'regressed'; origin: string; fromSize: number; toSize: number; note: string }
  /** HQ signed a history that this log does not have: a new epoch is due. */
  | { type: 'diverged'; origin: string; reason: 'fork' | 'behindHq'; size: number; note: string }
  /** HQ signed another history of an earlier log, and holds what it was sent of it no more. */
  | { type: 'contradicted'; origin: string }
  /** This log's own key has signed another history: a second copy of this gateway exists. */
  | { type: 'forked'; origin: string; size: number; note: string }
  /**
   * HQ holds a later epoch that this gateway did not begin. It went back in time, unless HQ has taken
   * on this very log since the process began (`isLive`): then a second copy began the other.
   */
  | { type: 'superseded'; origin: string; by: LaterEpoch; isLive: boolean }
  /** Something to log once. */
  | { type: 'problem'; message: string };

/** One word for the way to HQ, from what its source and its connection are at. */
export function uplinkState(
  source: Pick<Source, 'state' | 'acknowledgedSize' | 'committedSize'>,
  link: { isEnrolled: boolean; isOpen: boolean; lastRefusal: string | undefined },
): UplinkState {
  if (!link.isEnrolled) return 'off';
  if (source.state === 'stopped') return 'forked';
  if (!link.isOpen) return 'connecting';
  if (link.lastRefusal === 'unadmitted') return 'waiting-admission';
  switch (source.state) {
    case 'offline':
      return 'connecting';
    case 'probing':
      return 'probing';
    case 'resting':
      return 'resting';
    case 'streaming':
      return source.acknowledgedSize === source.committedSize ? 'idle' : 'streaming';
  }
}
