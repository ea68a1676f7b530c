/**
 * Puts what HQ cosigned into the log itself: an `anchor` entry holds the cosigned checkpoint as it
 * came, so that an auditor can check HQ's word and its time from the entry alone, and every entry of
 * the log stands between two of HQ's times.
 *
 * An anchor makes the log longer, which HQ acknowledges, which must not make another: only a head
 * that covers an entry which is no anchor and which no earlier anchor covers becomes one. An idle
 * gateway therefore comes to rest after one anchor. What does not fit the disk or the queue is
 * skipped: the next head serves as well. Relies on the uplink, which has checked the cosignature.
 */
import type { Clock } from '../../protocol/clock.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { claimedCosignatures } from '../../protocol/log/cosignature.ts';
import { parseNote } from '../../protocol/log/note.ts';
import type { Append } from '../ledger/commands.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { AcknowledgedHead } from '../uplink/uplink-status.ts';

export interface AnchorWriterOptions {
  ledger: Pick<LedgerClient, 'append' | 'tip'>;
  reader: Pick<LedgerReader, 'anchors'>;
  clock: Pick<Clock, 'monotonicMs'>;
}

/** Narrow enough to place a sale, wide enough to cost a busy store 1 MB a day at the very most. */
const INTERVAL_MS = 60_000;

export class AnchorWriter {
  readonly #options: AnchorWriterOptions;
  #isWriting = false;
  #beganAtMs: number;
  #hasWritten = false;

  constructor(options: AnchorWriterOptions) {
    this.#options = options;
    this.#beganAtMs = options.clock.monotonicMs();
  }

  /** HQ cosigned a head; rejects when the ledger fails for good. */
  async acknowledged(head: AcknowledgedHead): Promise<void> {
    const { ledger, clock } = this.#options;
    if (this.#isWriting || head.origin !== ledger.tip.origin || !this.#isDue(head)) return;
    this.#isWriting = true;
    try {
      await ledger.append({ type: 'append', kind: 'anchor', members: membersOf(head) });
      this.#hasWritten = true;
      this.#beganAtMs = clock.monotonicMs();
    } catch (error) {
      if (!isTillgateError(error) || !SKIPPED.has(error.code)) throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  #isDue(head: AcknowledgedHead): boolean {
    const { ledger, reader, clock } = this.#options;
    const { epoch, size } = ledger.tip;
    const last = reader.anchors.below({ epoch, index: size });
    if (last === undefined) return head.size > 0;
    if (head.size <= last.size) return false;
    const fresh = head.size - last.size;
    if (reader.anchors.count({ epoch, index: last.size }, head.size) === fresh) return false;
    if (clock.monotonicMs() - this.#beganAtMs >= INTERVAL_MS) return true;
    if (this.#hasWritten) return false;
    // Another process wrote the last one: only HQ's clock spans the two. It may have been set back.
    return Math.abs(head.timeSeconds - last.timeSeconds) * 1_000 >= INTERVAL_MS;
  }
}

const SKIPPED: ReadonlySet<string> = new Set(['LEDGER_DISK_FULL', 'LEDGER_BUSY']);

function membersOf(head: AcknowledgedHead): Append['members'] {
  const { size, timeSeconds, note } = head;
  const cosigned = claimedCosignatures(parseNote(note));
  const hq = cosigned.find((claimed) => claimed.timeSeconds === timeSeconds)?.name ?? '';
  return { hq, size, timeSeconds, note };
}
