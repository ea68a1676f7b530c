import fc from 'fast-check';
import t from 'tap';
import { inlineBody, encodeEntry } from '../log/entry.ts';
import { changeLine, checkChange } from './change.ts';
import type { FeedChange } from './change.ts';
import { effectivePrice } from './effective-price.ts';
import type { KnownPrice } from './effective-price.ts';
import { FEED_MEDIA_TYPE, packPublication } from './feed-entry.ts';
import { feedOrigin, isFeedFor, isFeedOrigin, parseFeedOrigin } from './feed-origin.ts';
import { memoryState } from './fixtures/memory-state.ts';
import { applyFeedEntry } from './reducer.ts';

const item = (itemId: string, more: object = {}) => ({
  op: 'put',
  collection: 'item',
  document: { itemId, names: { en: `Item ${itemId}` }, ...more },
});
const price = (value: number, more: object = {}) => ({
  op: 'put',
  collection: 'price',
  document: { itemId: 'a', currency: 'EUR', amount: { value, scale: 2 }, ...more },
});

/** A leaf as headquarters writes it, whatever the lines hold. */
function leafOf(lines: readonly object[], index = 1): Uint8Array {
  const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const header = {
    ...{ v: 1, kind: 'feed', index, publication: 'p', part: 0, parts: 1, changes: lines.length },
    ...{ recordedAt: '2026-01-01T00:00:00.000Z', hlc: '001767225600000-00000' },
    clock: { wall: 0, monotonicMs: 0, bootId: 'b', source: 'system' },
    mediaType: FEED_MEDIA_TYPE,
    body: inlineBody(body),
  };
  return encodeEntry(header, body);
}

void t.test('what is wrong with a document has a code and a pointer', (t) => {
  const cases: [object, string, string][] = [
    [price(-1), 'FEED_PRICE_NEGATIVE', '/document/amount/value'],
    [price(1, { currency: 'EUX' }), 'FEED_CURRENCY_UNKNOWN', '/document/currency'],
    [{ ...price(1), schemaVersion: 2 }, 'FEED_SCHEMA_NEWER', '/schemaVersion'],
    [{ op: 'put', collection: 'stock', document: {} }, 'FEED_COLLECTION_UNKNOWN', '/collection'],
    [item('a', { gtins: ['4006381333932'] }), 'FEED_DOCUMENT_INVALID', '/document/gtins/0'],
    [item('a', { colour: 'red' }), 'FEED_DOCUMENT_INVALID', '/document'],
    [item('a b'), 'FEED_DOCUMENT_INVALID', '/document/itemId'],
    [
      price(1, { amount: { value: 1.5, scale: 2 } }),
      'FEED_DOCUMENT_INVALID',
      '/document/amount/value',
    ],
    [price(1, { from: '2026-02-30T00:00:00Z' }), 'FEED_DOCUMENT_INVALID', '/document/from'],
    [
      price(1, { from: '2026-02-02T00:00:00Z', to: '2026-02-01T00:00:00Z' }),
      'FEED_DOCUMENT_INVALID',
      '/document/to',
    ],
    [{ op: 'delete', collection: 'item' }, 'FEED_DOCUMENT_INVALID', '/id'],
  ];
  for (const [value, code, path] of cases) {
    const checked = checkChange(value as never);
    t.equal(checked.ok, false, JSON.stringify(value));
    if (!checked.ok) t.match(checked.problems[0], { code, path });
  }
  t.end();
});

void t.test('what is wrong is quarantined and the rest goes on', (t) => {
  const state = memoryState();
  applyFeedEntry(state, { index: 1, leaf: leafOf([item('a', { gtins: ['4006381333931'] })]) });
  const reduced = applyFeedEntry(state, {
    index: 2,
    leaf: leafOf([
      item('b', { gtins: ['4006381333931'] }),
      price(-5),
      { ...item('a', { names: { en: 'New' } }), schemaVersion: 9 },
      price(250),
    ]),
  });
  t.match(reduced.quarantined, [
    { index: 2, line: 0, code: 'FEED_CODE_TAKEN', collection: 'item', id: 'b' },
    { index: 2, line: 1, code: 'FEED_PRICE_NEGATIVE', collection: 'price' },
    { index: 2, line: 2, code: 'FEED_SCHEMA_NEWER', collection: 'item', id: 'a' },
  ]);
  t.same(reduced.applied, [{ op: 'put', collection: 'price', id: 'a/EUR//' }]);
  t.match(state.document('item', 'a'), { names: { en: 'Item a' } }, 'the earlier one stays');
  t.equal(state.document('item', 'b'), undefined);
  const garbage = applyFeedEntry(state, { index: 3, leaf: Buffer.from('no entry') });
  t.match(garbage.quarantined, [{ code: 'FEED_ENTRY_UNREADABLE', index: 3, line: null }]);
  t.end();
});

void t.test('a code that was given back may be taken', (t) => {
  const state = memoryState();
  const apply = (...lines: object[]) => applyFeedEntry(state, { index: 1, leaf: leafOf(lines) });
  apply(item('a', { codes: ['7'] }));
  t.match(apply(item('a', { codes: [] }), item('b', { codes: ['7'] })), { quarantined: [] });
  t.equal(state.holder('item', '7'), 'b');
  apply({ op: 'delete', collection: 'item', id: 'b' });
  t.equal(state.holder('item', '7'), undefined);
  t.end();
});

void t.test('documents and codes stay of one mind whatever comes', (t) => {
  const change = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    codes: fc.uniqueArray(fc.constantFrom('1', '2', '3'), { maxLength: 3 }),
    gone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const state = memoryState();
      for (const { id, codes, gone } of changes) {
        const line = gone ? { op: 'delete', collection: 'item', id } : item(id, { codes });
        applyFeedEntry(state, { index: 1, leaf: leafOf([line]) });
      }
      const claimed = [...state.codes].map(([key, id]) => `${key} ${id}`).sort();
      const wanted = [...state.documents.values()]
        .flatMap((document) => {
          const { itemId, codes } = document as { itemId: string; codes: string[] };
          return codes.map((code) => `item ${code} ${itemId}`);
        })
        .sort();
      return JSON.stringify(claimed) === JSON.stringify(wanted);
    }),
    { numRuns: 100 },
  );
  t.pass();
  t.end();
});

void t.test('a publication is packed into entries that read back', (t) => {
  const changes = Array.from({ length: 900 }, (_, at) => {
    const checked = checkChange(item(`i${at}`, { codes: [`${at}`] }));
    return checked.ok ? checked.change : undefined;
  }).filter((change): change is FeedChange => change !== undefined);
  const parts = packPublication('p', changes) ?? [];
  t.ok(parts.length > 1);
  t.equal(
    parts.reduce((sum, { members }) => sum + members.changes, 0),
    900,
  );
  const text = parts.map(({ body }) => Buffer.from(body).toString()).join('');
  t.equal(text, changes.map((change) => `${changeLine(change)}\n`).join(''));
  t.end();
});

void t.test('the nearest price counts, then the latest', (t) => {
  const at = Date.parse('2026-06-01T12:00:00Z');
  const place = { store: 's1', zones: ['north'], currency: 'EUR' };
  const known = (value: number, more: object, order = value) =>
    ({ price: price(value, more).document, order }) as never;
  const pick = (...prices: never[]) =>
    effectivePrice<KnownPrice>(prices, place, at)?.price.amount.value;
  const zone = { scope: { zone: 'north' } };
  t.equal(pick(known(1, {}), known(2, zone), known(3, { scope: { store: 's1' } })), 3);
  t.equal(pick(known(1, {}), known(2, zone), known(3, { scope: { store: 's2' } })), 2);
  t.equal(pick(known(1, {}), known(2, { scope: { zone: 'south' } })), 1);
  t.equal(pick(known(1, {}), known(2, { from: '2026-06-01T12:00:00Z' })), 2, 'from is inclusive');
  t.equal(pick(known(1, {}), known(2, { from: '2026-06-01T12:00:01Z' })), 1);
  t.equal(pick(known(1, {}), known(2, { to: '2026-06-01T12:00:00Z' })), 1, 'to is exclusive');
  t.equal(pick(known(1, { currency: 'USD' })), undefined);
  t.end();
});

void t.test('the names of feeds', (t) => {
  const life = { count: 2, incarnation: '0123456789abcdef0123456789abcdef' };
  const chain = feedOrigin('hq.example', { chain: 'acme' }, life);
  t.equal(chain, 'hq.example/acme/hq/hq/e2-01234567');
  const store = feedOrigin('hq.example', { chain: 'acme', store: 's1' }, life);
  t.equal(store, 'hq.example/acme/s1/hq/e2-01234567');
  const name = parseFeedOrigin(store);
  t.match(name, { chain: 'acme', store: 's1', scope: 'store', epoch: 2 });
  t.ok(name !== undefined && isFeedFor(name, { chain: 'acme', store: 's1' }));
  t.notOk(name !== undefined && isFeedFor(name, { chain: 'acme', store: 's2' }));
  for (const other of ['hq.example/hq/hq/hq/e1', 'hq.example/acme/s1/g1/e1', 'nothing', '']) {
    t.notOk(isFeedOrigin(other), other);
  }
  t.end();
});
