/**
 * Goal: what another system sends is published whole or not at all, each problem names its line, and
 * what headquarters writes itself cannot be sent.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { startHttpServer } from '../../platform/http/http-server.ts';
import { silentLog } from '../../platform/logging.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { FeedKeeper } from '../feeds/feed-keeper.ts';
import { PublishDesk } from '../feeds/publish-desk.ts';
import { apiDocument } from './api-document.ts';
import { answeringErrors } from './error-answers.ts';
import { feedRoutes } from './feed-api.ts';

const TOKEN = 'a-token-of-some-length-0123456789';
const privateKey = generateKeyPairSync('ed25519').privateKey;
const signer = (name: string) => createNoteSigner({ name, type: KEY_TYPE_ED25519, privateKey });
const durable = createNoteSigner({ name: 'd/hq/durable', type: KEY_TYPE_COSIGNATURE, privateKey });
const keys = { durable, feed: signer('d/hq/feed'), logSigner: signer, uplinkPassword: () => '' };

type Answer = { status: number; body: Record<string, unknown> };
type Sender = (query: string, type: string, text: string) => Promise<Answer>;

async function serverFor(
  t: Test,
): Promise<{ send: Sender; get: (path: string) => Promise<Answer> }> {
  const folder = mkdtempSync(join(tmpdir(), 'feed-api-'));
  const custody = await FileCustody.openForWriting(join(folder, 'custody'), {
    onFatal: (error) => t.error(error),
  });
  let made = 0;
  const newId = (): string => `n${(made += 1)}`;
  const keeper = await FeedKeeper.open({
    ...{ path: join(folder, 'feeds.db'), domain: 'd', keys, custody, clock: systemClock },
    ...{ bootId: 'b', newId, log: silentLog },
  });
  const chains = () => Promise.resolve(['acme']);
  const desk = new PublishDesk({ keeper, clock: systemClock, newId, chains });
  const server = await startHttpServer({
    ...{ host: '127.0.0.1', port: 0, token: TOKEN, log: silentLog },
    routes: answeringErrors(feedRoutes(desk)),
  });
  t.teardown(async () => {
    await server.close();
    await keeper.close();
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  const base = `http://127.0.0.1:${server.address.port}`;
  const answerOf = async (response: Response): Promise<Answer> => ({
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
  });
  return {
    get: async (path) => answerOf(await fetch(base + path)),
    send: async (query, type, body) => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': type };
      const url = `${base}/api/feeds/publish${query}`;
      return answerOf(await fetch(url, { method: 'POST', headers, body }));
    },
  };
}

const NDJSON = 'application/x-ndjson';
const lines = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => {
    const document = { itemId: `i${from + at}`, names: { en: 'x'.repeat(250) } };
    return JSON.stringify({ collection: 'item', document });
  });

void t.test('publishes whole, again without a change, and shows it page by page', async (t) => {
  const { send, get } = await serverFor(t);
  const many = lines(1_000).join('\n');
  t.match(await send('?dryRun=true', NDJSON, many), {
    status: 200,
    body: { isDryRun: true, isPublished: false, changed: 1_000, chain: 'acme' },
  });
  t.match(await get('/api/feeds/acme/item'), { body: { documents: [], next: null } });
  t.match(await send('', NDJSON, many), { status: 200, body: { isPublished: true } });
  t.match(await send('', NDJSON, many), { body: { isPublished: false, unchanged: 1_000 } });
  const page = await get('/api/feeds/acme/item?limit=2&after=i0');
  t.match(page.body, { documents: [{ id: 'i1' }, { id: 'i10' }], next: 'i10' });
  const csv = 'gateway,key,value,locked\n,log.level,debug,true\n';
  t.match(await send('?store=s1&collection=config', 'text/csv', csv), { status: 200 });
  t.match((await get('/api/feeds/acme/s1/config')).body, {
    documents: [{ id: '/log.level', document: { value: 'debug', locked: true, hlc: String } }],
  });
});

void t.test('names each problem and writes nothing', async (t) => {
  const { send, get } = await serverFor(t);
  const mixed = [
    ...lines(1_000),
    '{"collection":"item","document":{"itemId":"a b"}}',
    '{"collection":"grant","document":{"grantId":"g","holder":"g1","pool":"points:m","amount":1}}',
    'no JSON',
  ];
  for (const query of ['', '?dryRun=true']) {
    const refused = await send(query, NDJSON, mixed.join('\n'));
    t.equal(refused.status, 422);
    t.match(refused.body['problems'], [
      { line: 1_001, code: 'FEED_DOCUMENT_INVALID', path: '/document' },
      { line: 1_001, code: 'FEED_DOCUMENT_INVALID', path: '/document/itemId' },
      { line: 1_002, code: 'FEED_COLLECTION_RESERVED', path: '/collection' },
      { line: 1_003, code: 'FEED_FILE_INVALID' },
    ]);
  }
  const code = { codes: ['7'], names: { en: 'x' } };
  const twins = JSON.stringify([
    { itemId: 'a', ...code },
    { itemId: 'b', ...code },
  ]);
  t.match(await send('?collection=item', 'application/json', twins), {
    status: 422,
    body: { problems: [{ line: 2, code: 'FEED_CODE_TAKEN' }], isPublished: false },
  });
  t.match(await get('/api/feeds/acme/item'), { body: { documents: [] } });
  t.match(await send('?collection=weather', NDJSON, ''), { status: 400 });
  t.match(await send('?dryRun=maybe', NDJSON, ''), { status: 400, body: { code: 'USAGE' } });
  t.match(await get('/api/feeds/acme'), { status: 400, body: { code: 'USAGE' } });
  t.match(await get('/api/feeds/acme/item?limit=0'), { status: 400 });
});

void t.test('its description names what is there, and every form once', (t) => {
  const text = JSON.stringify(apiDocument());
  const document = JSON.parse(text) as { components: { schemas: Record<string, object> } };
  const { schemas } = document.components;
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    t.ok(schemas[name], name);
  }
  t.match(schemas['document.config'], { required: ['key', 'value'], properties: { locked: {} } });
  t.notMatch(text, '"const":"grant"');
  t.end();
});
