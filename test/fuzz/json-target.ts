/** The strict JSON parser: it never throws, and both its ways and JSON.parse agree on what it takes. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { parseStrictJson, parseTextStrictly } from '../../protocol/json/strict-json.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../protocol/vectors/transactions.json', import.meta.url), 'utf8'),
) as { vectors: { payload?: string }[] };
const seeds = vectors.vectors.flatMap(({ payload }) => (payload === undefined ? [] : [payload]));

export function fuzzJson(random: Random): void {
  const bytes = mutate(Buffer.from(random.pick(seeds)), random);
  const strict = parseStrictJson(bytes);
  if (strict.value === undefined) assert.ok(strict.faults.length > 0, 'a refusal has a reason');
  if (strict.faults.length > 0) return;
  const text = bytes.toString('utf8');
  assert.deepEqual(parseTextStrictly(text), strict, 'the quick way and the careful one agree');
  assert.deepEqual(JSON.parse(text), strict.value, 'what is taken means what everybody reads');
}
