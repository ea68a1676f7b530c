/** The decoder of replication messages: it never throws, and what it takes it can write again. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../protocol/vectors/replication.json', import.meta.url), 'utf8'),
) as { messages: { payload: string }[] };
export const REPLICATION_SEEDS = vectors.messages.map(({ payload }) =>
  Buffer.from(payload, 'base64'),
);

export function fuzzReplication(random: Random): void {
  const decoded = decodeMessage(mutate(random.pick(REPLICATION_SEEDS), random));
  if (!decoded.ok) {
    assert.ok(decoded.detail.length > 0, 'a refusal has a reason');
    return;
  }
  const again = decodeMessage(encodeMessage(decoded.message));
  assert.deepEqual(again, decoded, 'a message survives being written');
}
