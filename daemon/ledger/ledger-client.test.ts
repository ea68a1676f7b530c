/**
 * Goal: the client over its real thread: answers, order, lanes, limits, readers beside it, orderly
 * end. Method: real workers over fresh folders.
 */
import t from 'tap';
import { systemClock } from '../../platform/system-clock.ts';
import type { TillgateError } from '../../protocol/errors.ts';
import { rootAt, verifyInclusion, inclusionProof, leafHash } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { openHandover } from './handover.ts';
import { startLedger, type LedgerClient, type LedgerOptions } from './ledger-client.ts';
import { freshFolder, ORIGIN, refused, sale, uuid } from './ledger-fixtures.ts';
import { openLedgerReader } from './reader.ts';

async function withLedger(
  work: (client: LedgerClient, dataDir: string) => Promise<void>,
  more: Partial<LedgerOptions> = {},
): Promise<void> {
  const folder = freshFolder();
  const client = await startLedger({
    dataDir: folder.path,
    origin: ORIGIN,
    clock: systemClock,
    reserveBytes: 0,
    onFatal: (error) => {
      throw error;
    },
    ...more,
  });
  try {
    await work(client, folder.path);
  } finally {
    await client.close();
    folder.remove();
  }
}

void t.test('answers come for all, in the order of the log', () =>
  withLedger(async (client, dataDir) => {
    const sizes: number[] = [];
    client.onCommit(({ size }) => sizes.push(size));
    const commands = Array.from({ length: 3_000 }, (_, at) => client.submit(sale(`${at}`)));
    const answers = await Promise.all(commands);
    t.strictSame(
      answers.map(({ index }) => index),
      answers.map((_, at) => at + 1),
    );
    t.equal(client.tip.size, 3_001);
    t.equal(sizes.at(-1), 3_001);
    t.ok(sizes.length < 1_000, 'many sales share a commit');
    const reader = openLedgerReader(dataDir);
    t.equal(reader.size(), 3_001, 'what was answered can be read beside the writer');
    t.strictSame(reader.findTransaction(uuid('7')), { epoch: 1, index: 8 });
    const leaf = must(reader.entry(8), 'kept');
    const root = rootAt(3_001, reader.node);
    const proof = inclusionProof(8, 3_001, reader.node);
    t.ok(verifyInclusion({ index: 8, size: 3_001, leafHash: leafHash(leaf), proof, root }));
    reader.close();
  }),
);

void t.test('appends and submissions keep their order', () =>
  withLedger(async (client) => {
    const answers = await Promise.all([
      client.submit(sale('a')),
      client.append({ type: 'append', kind: 'note', members: { text: 'between' } }),
      client.submit(refused('b')),
    ]);
    t.match(answers, [
      { outcome: 'accepted', index: 1 },
      { outcome: 'appended', index: 2 },
      { outcome: 'rejected', index: 3 },
    ]);
    t.match(JSON.parse(Buffer.from(must(answers[2], 'answered').payload).toString()), {
      outcome: 'rejected',
      errors: [{ code: 'TXN_NOT_JSON' }],
    });
  }),
);

void t.test('a lane hands over past the main thread, with every kind of judgement', () =>
  withLedger(async (client) => {
    const lane = client.openLane();
    const handover = openHandover(lane.port);
    const lastResult = { origin: ORIGIN, index: 99, leafHash: 'AAAA' };
    const oversized = {
      ...refused('x'),
      body: new Uint8Array(0),
      judgement: { verdict: 'oversized', length: 9e6, mediaType: 'application/json' } as const,
    };
    const expected = [
      sale('a', { sequenceNumber: 3, training: true, interpreted: false, lastResult }),
      refused('b', { message: 'ü' }),
      oversized,
      sale('a', { content: 'other', signature: { kid: 'k', alg: 'ES256' } }),
    ].map((submission) => ({ submission, ...lane.expect() }));
    handover.send(expected);
    const answers = await Promise.all(expected.map(({ answer }) => answer));
    t.match(answers, [
      { outcome: 'accepted', index: 2, alarms: [{ code: 'LOG_ROLLED_BACK', lastResult }] },
      { outcome: 'rejected', index: 3 },
      { outcome: 'rejected', index: 4 },
      { outcome: 'conflict', index: 5 },
    ]);
    t.match(Buffer.from(must(answers[1], 'answered').payload).toString(), /"message":"ü"/);
    handover.close();
  }),
);

void t.test('an epoch opens behind what came before it', () =>
  withLedger(async (client, dataDir) => {
    const before = client.submit(sale('a'));
    await new Promise((resolve) => setImmediate(resolve));
    const origin = 'shop.example/acme/s0417/g1/e2-01234567';
    const opened = await client.openEpoch({ origin, reason: 'fork', members: { prevSize: 2 } });
    t.match(opened, { epoch: 2, origin, size: 1 });
    t.match(await before, { origin: ORIGIN, index: 1 });
    t.match(client.tip, { epoch: 2, origin, size: 1 });
    const reader = openLedgerReader(dataDir);
    t.equal(reader.origin, origin);
    t.equal(reader.ofEpoch(1).size(), 2);
    t.match(reader.epochs(), [{ epoch: 1 }, { epoch: 2 }]);
    reader.close();
  }),
);

void t.test('a full queue is answered at once, and what was handed over is booked', () =>
  withLedger(
    async (client) => {
      const settled = await Promise.allSettled(
        Array.from({ length: 50 }, (_, at) => client.submit(sale(`${at}`))),
      );
      const refusals = settled.filter((one) => one.status === 'rejected');
      t.equal(refusals.length, 40);
      for (const { reason } of refusals) {
        t.match(reason as TillgateError, { code: 'LEDGER_BUSY', retryable: true });
      }
      t.equal(client.tip.size, 11);
    },
    { queueItemsMax: 10 },
  ),
);

void t.test('the write-ahead log stays near its cap under load', () =>
  withLedger(
    async (client, dataDir) => {
      const body = Buffer.alloc(20_000, 'x');
      for (let round = 0; round < 30; round += 1) {
        const one = (at: number): Promise<unknown> =>
          client.submit(sale(`${round} ${at}`, { body }));
        await Promise.all(Array.from({ length: 40 }, (_, at) => one(at)));
      }
      const { statSync } = await import('node:fs');
      const walBytes = statSync(`${dataDir}/ledger.db-wal`).size;
      t.ok(walBytes < 20e6, `${walBytes} bytes after 24 MB of sales under a cap of 4 MiB`);
    },
    { walBytesMax: 4 * 1024 * 1024 },
  ),
);

void t.test('the ledger of another gateway is refused', async (t) => {
  const folder = freshFolder();
  const common = { dataDir: folder.path, clock: systemClock, reserveBytes: 0 };
  const onFatal = (): void => undefined;
  const first = await startLedger({ ...common, origin: ORIGIN, onFatal });
  await first.close();
  const other = startLedger({ ...common, origin: 'shop.example/acme/s0417/g2/e1', onFatal });
  await t.rejects(other, { code: 'LEDGER_ORIGIN_MISMATCH' });
  folder.remove();
});

void t.test('closing answers what was handed over', async (t) => {
  const folder = freshFolder();
  const client = await startLedger({
    dataDir: folder.path,
    origin: ORIGIN,
    clock: systemClock,
    reserveBytes: 0,
    onFatal: (error) => t.fail(error.message),
  });
  const answers = Array.from({ length: 100 }, (_, at) => client.submit(sale(`${at}`)));
  await client.close();
  const settled = await Promise.allSettled(answers);
  t.ok(settled.every(({ status }) => status === 'fulfilled'));
  await t.rejects(client.submit(sale('late')), { code: 'LEDGER_BUSY' });
  folder.remove();
});
