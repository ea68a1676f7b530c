/** The examples of docs/write-a-till.md do what the page says. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Aedes } from 'aedes';
import t from 'tap';
import { formatResult } from '../../protocol/result.ts';
import type { Result } from '../../protocol/result.ts';
import { resultTopic, submitTopic } from '../../protocol/topics.ts';
import { judgeSubmission } from '../../protocol/transaction/judge.ts';
import { problem } from '../../protocol/transaction/problem.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/write-a-till.md', root), 'utf8');
const noKeys = { deviceKeys: [], requireSignature: true };

function block(language: string, first: string): string {
  const start = page.indexOf(first, page.indexOf('```' + language));
  return page.slice(start, page.indexOf('```', start));
}

void t.test('the sale that mosquitto_pub sends is acceptable', async (t) => {
  const [payload = ''] = /\{\n[^']*/.exec(block('sh', 'mosquitto_pub')) ?? [];
  t.match(await judgeSubmission(Buffer.from(payload), noKeys), {
    verdict: 'acceptable',
    total: 1530,
  });
});

/** Answers the first submission with `unavailable` and the same bytes again with `accepted`. */
async function answer(payload: Buffer, isFirst: boolean): Promise<Result> {
  const judgement = await judgeSubmission(payload, noKeys);
  const { transactionId } = judgement;
  const submissionHash = createHash('sha256').update(payload).digest('base64');
  const common = { transactionId, submissionHash };
  if (isFirst || judgement.verdict === 'refused') {
    const errors = [problem('LEDGER_BUSY', '', { message: judgement.verdict })];
    return { ...common, outcome: 'unavailable', errors, retryAfterMs: 10 };
  }
  const entry = { origin: 'tillgate.invalid/c/s/g/e1', index: 1, leafHash: submissionHash };
  return { ...common, outcome: 'accepted', ...entry, recordedAt: '2010-12-01T08:26:00Z' };
}

void t.test('the MQTT.js till sends the same bytes until they are booked', async (t) => {
  const broker = await Aedes.createBroker();
  const server = createServer((socket) => {
    broker.handle(socket);
  });
  // In the tree, so that the example finds the installed packages.
  mkdirSync(new URL('.tap/', root), { recursive: true });
  const folder = mkdtempSync(fileURLToPath(new URL('.tap/till-', root)));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
    broker.close();
    server.close();
  });
  const submissions: string[] = [];
  broker.subscribe(
    submitTopic('till-1'),
    (packet, done) => {
      done();
      const bytes = Buffer.from(packet.payload);
      submissions.push(bytes.toString());
      void answer(bytes, submissions.length === 1).then((result) => {
        const payload = formatResult(result);
        const fixed = { cmd: 'publish', qos: 1, dup: false, retain: false } as const;
        broker.publish({ ...fixed, topic: resultTopic('till-1'), payload }, () => undefined);
      });
    },
    () => undefined,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const script = `${folder}/till.mjs`;
  writeFileSync(script, block('js', 'import { createHash'));
  const args = [script, `mqtt://127.0.0.1:${port}`, 'till-1', 'secret'];
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { timeout: 20_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new AggregateError([error], stderr));
    });
  });
  t.match(
    output,
    /^accepted [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12} \[\]\n$/,
  );
  t.equal(submissions.length, 2);
  t.equal(submissions[0], submissions[1]);
});
