/**
 * Goal: the uplink's thread, started as the daemon starts it, follows a ledger that another thread
 * writes: entries, a new epoch, an enrolment that comes later. Method: real files, a real worker, a
 * headquarters on a real port.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { signAdmission } from '../../protocol/replication/admission.ts';
import {
  sampleKey,
  SAMPLE_ORIGIN,
  sampleSigner,
} from '../../protocol/replication/fixtures/sample-log.ts';
import type { TillgateError } from '../../protocol/errors.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { LedgerCore } from '../ledger/ledger-core.ts';
import { LEDGER_FILE } from '../ledger/sqlite-schema.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import { SampleHq, sampleReceiver } from './fixtures/sample-hq.ts';
import { UplinkClient } from './uplink-client.ts';
import type { UplinkEvent } from './uplink-status.ts';

const WAIT_MS_MAX = 20_000;

async function until(condition: () => boolean): Promise<void> {
  const endMs = systemClock.monotonicMs() + WAIT_MS_MAX;
  while (!condition() && systemClock.monotonicMs() < endMs) await sleep(10);
}

async function fixture() {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-uplink-client-'));
  const logKeyFile = join(folder, 'log.pem');
  const pem = sampleKey(1).export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(logKeyFile, pem, { mode: 0o600 });
  const core = new LedgerCore(new SqliteStore(join(folder, LEDGER_FILE)), {
    ...{ clock: systemClock, bootId: 'boot', clockSource: 'system', randomBytes },
    origin: SAMPLE_ORIGIN,
  });
  const events: UplinkEvent[] = [];
  const failures: TillgateError[] = [];
  const signedHeadFile = join(folder, 'signed-head');
  const client = new UplinkClient({
    ...{ dataDir: folder, logKeyFile, signedHeadFile, hqHeadFile: join(folder, 'hq-head') },
    enrolment: undefined,
    limits: { maxBytesPerSecond: 0, maxEntriesPerSecond: 0 },
    tip: core.tip(),
    onEvent: (event) => events.push(event),
    onFatal: (error) => failures.push(error),
  });
  const hq = await SampleHq.start(sampleReceiver());
  const { feedSigner, durableSigner } = hq.receiver;
  const vkey = sampleSigner(SAMPLE_ORIGIN).vkey;
  const enrolment = {
    origin: SAMPLE_ORIGIN,
    hqUrl: `mqtt://127.0.0.1:${hq.port}`,
    username: 'acme.s0417.g1',
    password: 'secret',
    hqKeys: [durableSigner.vkey, feedSigner.vkey],
    admission: signAdmission({ origin: SAMPLE_ORIGIN, vkey }, feedSigner),
  };
  const append = (count: number): void => {
    for (let i = 0; i < count; i++) {
      core.run([{ type: 'append', kind: 'note', members: { text: `note ${i}` } }]);
    }
    client.committed(core.tip());
  };
  /** `look` sees what the thread left behind. */
  const close = async (look?: () => void): Promise<void> => {
    await client.close();
    look?.();
    core.close();
    await hq.close();
    rmSync(folder, { recursive: true });
  };
  return { core, client, hq, enrolment, events, failures, append, signedHeadFile, close };
}

void t.test('the thread follows the ledger once it is enrolled', async (t) => {
  const { core, client, hq, enrolment, events, failures, append, close } = await fixture();
  append(30);
  await until(() => client.status.entriesOnlyHere === 31);
  t.match(client.status, { state: 'off', origin: SAMPLE_ORIGIN, entriesOnlyHere: 31 });
  client.enrol(enrolment);
  await until(() => client.status.state === 'idle');
  t.equal(hq.receiver.leaves(SAMPLE_ORIGIN).length, 31);
  append(4);
  await until(() => hq.receiver.leaves(SAMPLE_ORIGIN).length === 35);
  const next = `${SAMPLE_ORIGIN.slice(0, -2)}e2-00c0ffee`;
  core.openEpoch({ origin: next, reason: 'fork', members: { prevOrigin: SAMPLE_ORIGIN } });
  append(2);
  await until(() => hq.receiver.leaves(next).length === 3);
  t.equal(hq.receiver.leaves(next).length, 3);
  await until(() => client.status.origin === next && client.status.state === 'idle');
  t.match(client.status, { origin: next, state: 'idle', entriesOnlyHere: 0, problem: null });
  t.same(failures, []);
  const heads = events.filter((event) => event.type === 'acknowledged');
  t.equal(heads.length, events.length, 'nothing but heads');
  t.match(heads.at(-1), { origin: next, size: 3, note: new RegExp(`^${next}\n3\n`) });
  await close();
});

void t.test('a head signed on demand covers what was committed before', async (t) => {
  const { client, append, signedHeadFile, close } = await fixture();
  append(9);
  const note = await client.signTip();
  t.match(note, new RegExp(`^${SAMPLE_ORIGIN}\n10\n`));
  t.equal(readFileSync(signedHeadFile, 'utf8'), note);
  await close();
});

void t.test(
  'without headquarters the head follows the log by itself, and is there at the end',
  async (t) => {
    const { client, append, signedHeadFile, close } = await fixture();
    const headSize = (): number => Number(readFileSync(signedHeadFile, 'utf8').split('\n')[1]);
    await client.signTip();
    t.equal(headSize(), 1);
    append(9);
    await until(() => headSize() === 10);
    t.equal(headSize(), 10, 'nobody asked for it');
    append(4);
    await close(() => t.equal(headSize(), 14, 'an orderly stop signs what was committed last'));
  },
);
