/**
 * Between which two times of HQ an entry was written, however wrong the store's clock was: after the
 * last anchor below it, and before HQ first cosigned a log that contains it. In the entry's own
 * epoch, HQ's newest head serves where no anchor covers it yet; across epochs, an epoch's entry 0
 * names the size of the log it follows, so that everything below is older and an anchor of the older
 * log below that size came before it.
 *
 * O(log n). It believes what the log holds: `log verify` checks that, and whoever has HQ's verifier
 * key checks the note in an anchor.
 */
import { decodeEntry } from '../../protocol/log/entry.ts';
import type { Anchor, EntryRef, EpochInfo } from '../ledger/ledger-port.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { StoredHead } from '../signing/stored-head.ts';

export interface TimeBracket {
  after: AnchoredTime | null;
  before: ((AnchoredTime & { source: 'anchor' }) | HeadTime) | null;
}

export interface AnchoredTime {
  /** RFC 3339, by HQ's clock. */
  time: string;
  origin: string;
  anchorIndex: number;
}

interface HeadTime {
  time: string;
  source: 'hqHead';
}

/**
 * `hqHead` is the newest head that HQ cosigned, of whichever epoch. Of what HQ sent back beside an
 * epoch nothing is known.
 */
export function timeBracket(
  reader: LedgerReader,
  ref: EntryRef,
  hqHead: StoredHead | undefined,
): TimeBracket {
  const epochs = reader.epochs();
  const at = epochs.findIndex(({ epoch }) => epoch === ref.epoch);
  return {
    after: after(reader, epochs.slice(0, at + 1), ref.index),
    before: before(reader, at < 0 ? [] : epochs.slice(at), { index: ref.index, hqHead }),
  };
}

/** `epochs` ends with that of the entry. */
function after(
  reader: LedgerReader,
  epochs: readonly EpochInfo[],
  end: number,
): AnchoredTime | null {
  let index = end;
  for (const [at, epoch] of [...epochs.entries()].toReversed()) {
    const anchor = reader.anchors.below({ epoch: epoch.epoch, index });
    if (anchor !== undefined) return anchored(anchor, epoch);
    const followed = followedBy(reader, epoch, epochs[at - 1]);
    if (followed === undefined) return null;
    index = followed;
  }
  return null;
}

/** `epochs` begins with that of the entry. */
function before(
  reader: LedgerReader,
  epochs: readonly EpochInfo[],
  entry: { index: number; hqHead: StoredHead | undefined },
): TimeBracket['before'] {
  const { hqHead } = entry;
  let { index } = entry;
  for (const [at, epoch] of epochs.entries()) {
    if (at > 0) {
      if ((followedBy(reader, epoch, epochs[at - 1]) ?? 0) <= index) return null;
      index = 0;
    }
    const anchor = reader.anchors.over({ epoch: epoch.epoch, index });
    if (anchor !== undefined) return { ...anchored(anchor, epoch), source: 'anchor' };
    if (
      hqHead?.origin === epoch.origin &&
      hqHead.size > index &&
      hqHead.timeSeconds !== undefined
    ) {
      return { time: timeText(hqHead.timeSeconds), source: 'hqHead' };
    }
  }
  return null;
}

/** How much of the epoch before `epoch` its entry 0 commits to; undefined where it is not that. */
function followedBy(
  reader: LedgerReader,
  { epoch }: EpochInfo,
  previous: EpochInfo | undefined,
): number | undefined {
  const leaf = reader.ofEpoch(epoch).entry(0);
  if (previous === undefined || leaf === undefined) return undefined;
  const { prevOrigin, prevSize } = decodeEntry(leaf).header;
  return prevOrigin === previous.origin && typeof prevSize === 'number' ? prevSize : undefined;
}

function anchored({ ref, timeSeconds }: Anchor, { origin }: EpochInfo): AnchoredTime {
  return { time: timeText(timeSeconds), origin, anchorIndex: ref.index };
}

const timeText = (seconds: number): string => new Date(seconds * 1_000).toISOString();
