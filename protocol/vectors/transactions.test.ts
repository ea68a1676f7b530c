/** Every vector of transactions.json gets exactly the judgement that it states. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { judgeSubmission } from '../transaction/judge.ts';
import type { DeviceKey, Judgement } from '../transaction/judgement.ts';
import { must } from '../must.ts';

type Expected = {
  outcome: 'accepted' | 'rejected';
  transactionId: string | null;
  contentHash: string | null;
  problems?: { code: string; path: string; expected?: unknown; got?: unknown }[];
};
type Vector = {
  name: string;
  payload?: string;
  payloadBase64?: string;
  deviceKeys?: string[];
  requireSignature?: boolean;
  expected: Expected;
};

const file = JSON.parse(
  readFileSync(new URL('./transactions.json', import.meta.url), 'utf8'),
) as { keys: Record<string, DeviceKey>; vectors: Vector[] };

/** The part of a judgement that a vector states. */
function summary(judgement: Judgement): Record<string, unknown> {
  const contentHash =
    judgement.contentHash === null ? null : Buffer.from(judgement.contentHash).toString('hex');
  const { transactionId } = judgement;
  if (judgement.verdict === 'refused') {
    const problems = judgement.problems.map(({ code, path, expected, got }) => ({
      code,
      path,
      ...(expected === undefined ? {} : { expected }),
      ...(got === undefined ? {} : { got }),
    }));
    return { outcome: 'rejected', transactionId, contentHash, problems };
  }
  const { interpreted, type, currency, total, training, lastResult, signature } = judgement;
  return {
    outcome: 'accepted',
    transactionId,
    contentHash,
    ...{ interpreted, type, currency, total, training, lastResult, signature },
  };
}

void t.test('the file holds good and bad transactions in number', (t) => {
  const accepted = file.vectors.filter(({ expected }) => expected.outcome === 'accepted');
  t.ok(accepted.length >= 40 && file.vectors.length - accepted.length >= 60);
  t.end();
});

for (const vector of file.vectors) {
  void t.test(vector.name, async (t) => {
    const { payload, payloadBase64, requireSignature = true } = vector;
    const bytes = Buffer.from(payload ?? payloadBase64 ?? '', payload === undefined ? 'base64' : 'utf8');
    const deviceKeys = (vector.deviceKeys ?? []).map((name) => must(file.keys[name], name));
    const judgement = judgeSubmission(bytes, { deviceKeys, requireSignature });
    const got = summary(await judgement);
    const defaults =
      vector.expected.outcome === 'accepted'
        ? { training: false, lastResult: null, signature: null }
        : {};
    t.strictSame(got, { ...defaults, ...vector.expected });
  });
}
