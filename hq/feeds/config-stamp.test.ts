import t from 'tap';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import type { ConfigDocument } from '../../protocol/feed/gateway-documents.ts';
import { must } from '../../protocol/must.ts';
import { ConfigStamp } from './config-stamp.ts';

const KEY = 'uplink.maxBytesPerSecond';

function said(value: number, more: object = {}): FeedChange {
  const document = { key: KEY, value, ...more };
  const checked = checkChange({ op: 'put', collection: 'config', document });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.change;
}

const documentOf = (change: FeedChange | undefined): ConfigDocument => {
  const put = must(change, 'there is one');
  if (put.op !== 'put') throw new Error('it is no put');
  return put.document as ConfigDocument;
};

void t.test('each word has a later time, and the same word its own', (t) => {
  let now = 1_000_000;
  const stamp = new ConfigStamp(() => now);
  const published = new Map<string, ConfigDocument>();
  const say = (change: FeedChange): ConfigDocument => {
    const document = documentOf(stamp.put([change], { document: (_, id) => published.get(id) })[0]);
    published.set(`/${KEY}`, document);
    return document;
  };
  const first = say(said(1));
  t.equal(first.hlc, '000000001000000-00000');
  t.strictSame(say(said(1)), first, 'said again it is no change');
  t.equal(say(said(2)).hlc, '000000001000000-00001');
  now -= 500;
  t.equal(say(said(3)).hlc, '000000001000000-00002', 'a clock that goes back takes nothing back');
  const chosen = say(said(4, { hlc: '999999999999999-00000' }));
  t.equal(chosen.hlc, '000000001000000-00003', 'nobody chooses the time');
  t.end();
});

void t.test('a time of a wrong clock is left behind', (t) => {
  const far = { ...documentOf(said(1)), hlc: '004070908800000-00000' };
  const stamp = new ConfigStamp(() => 1_000_000);
  t.equal(
    documentOf(stamp.put([said(2)], { document: () => far })[0]).hlc,
    '000000001000000-00000',
  );
  t.end();
});
