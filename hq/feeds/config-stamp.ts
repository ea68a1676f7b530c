/**
 * Puts the time at which headquarters said it on each document of the configuration: a reading of a
 * hybrid clock that is later than that of the word before, so that gateways can tell the later of two
 * changes. Whoever publishes cannot choose it. What is said again as it was keeps its time, and so is
 * no change. A time that a wrong clock had put far ahead is left behind.
 */
import { TillgateError } from '../../protocol/errors.ts';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import type { ConfigDocument } from '../../protocol/feed/gateway-documents.ts';
import type { FeedState } from '../../protocol/feed/reducer.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { canonicalText } from '../../protocol/log/canonical-line.ts';
import {
  HLC_AHEAD_MS_MAX,
  HLC_ZERO,
  formatHlc,
  hlcTick,
  parseHlc,
} from '../../protocol/log/hlc.ts';
import type { Hlc } from '../../protocol/log/hlc.ts';

export class ConfigStamp {
  readonly #wallMs: () => number;
  #last: Hlc = HLC_ZERO;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** `before` holds what is published so far. */
  put(changes: readonly FeedChange[], before: Pick<FeedState, 'document'>): FeedChange[] {
    return changes.map((change) => {
      if (change.op !== 'put' || change.collection !== 'config') return change;
      const said = withoutTime(change.document as ConfigDocument);
      const known = before.document('config', change.id) as ConfigDocument | undefined;
      const hlc = known !== undefined && isSame(said, known) ? known.hlc : this.#next(known);
      const document = { ...said, ...(hlc !== undefined && { hlc }) };
      const stamped = checkChange({ op: 'put', collection: 'config', document: document as Json });
      if (stamped.ok) return stamped.change;
      const [first] = stamped.problems;
      throw new TillgateError('FEED_DOCUMENT_INVALID', `${change.id}: ${first?.message ?? ''}`);
    });
  }

  #next(known: ConfigDocument | undefined): string {
    const now = this.#wallMs();
    const earlier = known?.hlc === undefined ? HLC_ZERO : parseHlc(known.hlc);
    const later = earlier.wallMs > this.#last.wallMs ? earlier : this.#last;
    const isSane = later.wallMs <= now + HLC_AHEAD_MS_MAX;
    this.#last = hlcTick(isSane ? later : HLC_ZERO, now);
    return formatHlc(this.#last);
  }
}

function isSame(said: ConfigDocument, known: ConfigDocument): boolean {
  return canonicalText(said as Json) === canonicalText(withoutTime(known) as Json);
}

function withoutTime(document: ConfigDocument): ConfigDocument {
  const copy = { ...document };
  delete copy.hlc;
  return copy;
}
