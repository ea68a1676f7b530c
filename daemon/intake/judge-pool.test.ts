/**
 * Goal: what leaves the broker's thread reaches the ledger judged, in order, with the keys that count
 * at that moment, and comes back as an answer. Method: real judge threads and a real ledger; the
 * sources are stand-ins that note their answers.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, exportJWK } from 'jose';
import t from 'tap';
import type { Test } from 'tap';
import { systemClock } from '../../platform/system-clock.ts';
import { must } from '../../protocol/must.ts';
import { startLedger } from '../ledger/ledger-client.ts';
import { Intake } from './intake.ts';
import { JudgePool } from './judge-pool.ts';
import type { SubmissionItem, SubmissionSource } from './submission-item.ts';

const MEBIBYTE = 1024 * 1024;

class Source implements SubmissionSource {
  readonly deviceId: string;
  readonly items: SubmissionItem[] = [];
  #wake: () => void = () => undefined;

  constructor(deviceId: string) {
    this.deviceId = deviceId;
  }

  settled(): void {
    this.#wake();
  }

  resume(): void {
    // These sources never wait: the intake's limits are not reached here.
  }

  offer(intake: Intake, payload: string | Buffer, oversized?: number): SubmissionItem {
    const item: SubmissionItem = {
      source: this,
      qos: 1,
      packetId: 1,
      payload: oversized === undefined ? Buffer.from(payload as string) : Buffer.alloc(0),
      oversized:
        oversized === undefined
          ? null
          : {
              length: oversized,
              sha256: createHash('sha256').update(payload).digest(),
              firstByte: 0x7b,
            },
      takenAtMs: intake.nowMs(),
      outcome: undefined,
    };
    this.items.push(item);
    intake.offer(item);
    return item;
  }

  async answered(): Promise<Record<string, unknown>[]> {
    while (this.items.some(({ outcome }) => outcome === undefined)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.items.map(({ outcome }) => {
      const answer = outcome?.kind === 'answered' ? outcome.answer : undefined;
      const text = Buffer.from(must(answer, 'every item was answered').payload).toString('utf8');
      return JSON.parse(text) as Record<string, unknown>;
    });
  }
}

const sale = (number: number, total = 100): string =>
  JSON.stringify({
    transactionId: `01936a4e-2a1c-7c3e-9d63-${number.toString(16).padStart(12, '0')}`,
    type: 'sale',
    sequenceNumber: number,
    businessDate: '2010-12-01',
    occurredAt: '2010-12-01T08:26:00Z',
    currency: 'GBP',
    lines: [
      {
        lineNumber: 1,
        itemId: '85123A',
        quantity: { value: 1, scale: 0, unit: 'EA' },
        unitPrice: { value: 100, scale: 2 },
        extendedAmount: 100,
      },
    ],
    tenders: [{ type: 'cash', amount: total }],
    total,
  });

async function startPool(t: Test, workers: number): Promise<{ pool: JudgePool; intake: Intake }> {
  const failed = (error: Error): void => void t.fail(error.message);
  const ledger = await startLedger({
    dataDir: t.testdir(),
    origin: 'tillgate.invalid/acme/s1/g1/e1',
    clock: systemClock,
    onFatal: failed,
  });
  const pool = new JudgePool({
    openLane: () => ledger.openLane(),
    requireSignature: true,
    workers,
    onFatal: failed,
  });
  t.teardown(async () => {
    await pool.close();
    await ledger.close();
  });
  return { pool, intake: new Intake({ route: pool, clock: systemClock }) };
}

for (const workers of [1, 3]) {
  void t.test(`each device's sales become entries in order, with ${workers} judges`, async (t) => {
    const { intake } = await startPool(t, workers);
    const sources = Array.from({ length: 8 }, (_, at) => new Source(`till-${at}`));
    for (let turn = 0; turn < 30; turn += 1) {
      for (const [at, source] of sources.entries()) source.offer(intake, sale(turn * 8 + at));
      if (turn % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const source of sources) {
      const indexes = (await source.answered()).map(({ index }) => Number(index));
      t.equal(indexes.length, 30);
      t.same(
        indexes,
        [...indexes].sort((a, b) => a - b),
        source.deviceId,
      );
    }
    const [first] = sources;
    const again = must(first, 'there is a source').offer(intake, sale(0));
    const [original] = await must(first, 'there is a source').answered();
    await must(first, 'there is a source').answered();
    t.match(again.outcome, {
      kind: 'answered',
      answer: { duplicate: true, index: original?.['index'] },
    });
    t.same(intake.status, { waitingItems: 0, waitingBytes: 0, inFlightItems: 0, inFlightBytes: 0 });
  });
}

void t.test('bad, oversized and unsigned submissions are answered as rejected', async (t) => {
  const { pool, intake } = await startPool(t, 1);
  const source = new Source('till-1');
  source.offer(intake, 'no JSON');
  source.offer(intake, sale(1, 101));
  source.offer(intake, 'the payload that was not kept', 2 * MEBIBYTE);
  const codes = (result: Record<string, unknown>): unknown[] =>
    (result['errors'] as { code: string }[]).map(({ code }) => code);
  const results = await source.answered();
  t.same(
    results.map(({ outcome }) => outcome),
    ['rejected', 'rejected', 'rejected'],
  );
  const hash = createHash('sha256').update('the payload that was not kept').digest('base64');
  t.equal(results[2]?.['submissionHash'], hash);

  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const signed = await new CompactSign(Buffer.from(sale(2)))
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .sign(privateKey);
  const later = new Source('till-1');
  later.offer(intake, signed);
  await later.answered();
  pool.setKeys('till-1', [{ kid, alg: 'Ed25519', spki }]);
  later.offer(intake, sale(3));
  later.offer(intake, signed);
  later.offer(intake, sale(4));
  await later.answered();
  pool.setKeys('till-1', []);
  later.offer(intake, sale(3));
  const [unknownKey, unsigned, accepted, between, after] = await later.answered();
  t.same(codes(must(unknownKey, 'answered')), ['TXN_SIGNATURE_INVALID']);
  t.same(codes(must(unsigned, 'answered')), ['TXN_SIGNATURE_REQUIRED']);
  t.equal(accepted?.['outcome'], 'accepted', 'the key counts from the moment it is set');
  t.ok(Number(between?.['index']) > Number(accepted?.['index']), 'order holds across a signature');
  t.equal(after?.['outcome'], 'accepted', 'and no longer once it is gone');
});

void t.test('an intake that closes answers what it took', async (t) => {
  const { intake } = await startPool(t, 1);
  const source = new Source('till-1');
  for (let number = 0; number < 50; number += 1) source.offer(intake, sale(number));
  await intake.close();
  t.ok(source.items.every(({ outcome }) => outcome?.kind === 'answered'));
  t.ok(intake.isClosed);
});
