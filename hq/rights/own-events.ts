/** What headquarters' own logs say about rights, of all its lives, in their order. */
import { decodeEntry } from '../../protocol/log/entry.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { readOwnRightEvent } from '../../protocol/rights/own-right-events.ts';
import type { OwnRightEvent } from '../../protocol/rights/own-right-events.ts';
import type { CustodyReader } from '../custody/custody.ts';

export type OwnRecord = { life: string; chain: string; event: OwnRightEvent };

const MARK = '"kind":"grant"';

export async function* ownEvents(custody: CustodyReader): AsyncIterable<OwnRecord> {
  const logs = (await custody.heads())
    .filter(({ origin }) => isHqLogOrigin(origin))
    .sort((a, b) => parseOrigin(a.origin).epoch - parseOrigin(b.origin).epoch);
  for (const { origin, size } of logs) {
    const life = parseOrigin(origin).suffix ?? '';
    for await (const { leaf } of custody.entries(origin, 0, size)) {
      if (!Buffer.from(leaf.buffer, leaf.byteOffset, leaf.length).includes(MARK)) continue;
      const read = readOwnRightEvent(decodeEntry(leaf).header);
      if (read !== undefined) yield { life, ...read };
    }
  }
}
