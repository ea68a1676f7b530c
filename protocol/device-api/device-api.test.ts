import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { Static } from 'typebox';
import t from 'tap';
import { must } from '../must.ts';
import { formatResult } from '../result.ts';
import type { Result } from '../result.ts';
import { deviceApiDocuments } from './documents.ts';
import type { resultSchema } from './result-schema.ts';

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}

/** Codes for what a schema can see; the others are about sums, bytes and signatures. */
const FORM_CODES = new Set([
  'TXN_MEMBER_MISSING',
  'TXN_MEMBER_UNKNOWN',
  'TXN_TYPE_WRONG',
  'TXN_VALUE_INVALID',
  'TXN_TOO_LONG',
  'TXN_CURRENCY_UNKNOWN',
  'TXN_DATE_INVALID',
]);

function validator(name: string): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  ajvFormats.default(ajv);
  const validate = ajv.compile(readJson(name) as object);
  return (value) => validate(value);
}

void t.test('the committed documents are what their source says', (t) => {
  for (const [name, text] of deviceApiDocuments()) {
    const committed = readFileSync(new URL(name, import.meta.url), 'utf8');
    // Formatting is the formatter's; the content has to be the same.
    t.strictSame(
      JSON.parse(committed),
      JSON.parse(text),
      `node protocol/device-api/generate-documents.ts`,
    );
  }
  t.end();
});

void t.test('another validator takes and refuses the vectors by the JSON Schema alike', (t) => {
  const isTransaction = validator('transaction.schema.json');
  const { vectors } = readJson('../vectors/transactions.json') as {
    vectors: {
      name: string;
      payload?: string;
      expected: { outcome: string; interpreted?: boolean; problems?: { code: string }[] };
    }[];
  };
  let compared = 0;
  for (const { name, payload, expected } of vectors) {
    if (payload?.startsWith('{') !== true) continue;
    const problems = expected.problems ?? [];
    if (problems.some(({ code }) => code === 'TXN_NOT_JSON' || code.startsWith('TXN_SIGN')))
      continue;
    if (expected.interpreted === false || name.startsWith('a later version')) continue;
    // A leap second outside of 23:59:60 UTC is the only date where the two may differ.
    const isGood = !problems.some(({ code }) => FORM_CODES.has(code));
    const isAboutNumbers = problems.some(({ code }) => code.startsWith('TXN_NUMBER'));
    if (isGood && isAboutNumbers) continue;
    t.equal(isTransaction(JSON.parse(payload)), isGood, name);
    compared += 1;
  }
  t.ok(compared >= 90, `${compared} compared`);
  t.end();
});

const hash = 'o4yWW4d+bcU/HmZmZ0f6CkX5WfsBVvmSIGU6LlhoDeI=';
const common = { transactionId: '01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11', submissionHash: hash };
const entry = { origin: 'hq.example.com/acme/s0417/g1/e1', index: 41 };
const recordedAt = '2010-12-01T08:26:00.123Z';
const errors = [
  {
    code: 'TXN_TOTAL_MISMATCH',
    path: '/total',
    expected: 1824,
    got: 1825,
    message: 'The total is wrong.',
    hint: 'Add up.',
  } as const,
];
const results: Result[] = [
  { ...common, outcome: 'accepted', ...entry, leafHash: hash, recordedAt },
  { ...common, transactionId: null, outcome: 'rejected', ...entry, recordedAt, errors },
  { ...common, outcome: 'rejected', index: 3, errors, errorsOmitted: 7 },
  { ...common, outcome: 'conflict', index: 3, claimedBy: { ...entry, leafHash: hash }, errors },
  { ...common, outcome: 'unavailable', errors, retryAfterMs: 1000 },
];

void t.test('results are of the form that is published', (t) => {
  // The compiler holds the two forms together; the validator holds the file to them.
  const published: Static<typeof resultSchema>[] = results;
  const isResult = validator('result.schema.json');
  for (const result of published) {
    t.ok(isResult(JSON.parse(formatResult(result as Result))), result.outcome);
  }
  t.notOk(isResult({ ...common, outcome: 'accepted' }));
  t.notOk(isResult({ ...must(results[0], 'a result'), leafHash: 'AAAA' }));
  t.notOk(isResult({ ...must(results[0], 'a result'), outcome: 'maybe' }));
  t.end();
});

/** Every `$ref` of a document. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' ? [String(member)] : refsIn(member),
  );
}

function resolves(document: unknown, ref: string): boolean {
  const path = ref.slice(2).split('/');
  return (
    path.reduce<unknown>(
      (at, key) => (at as Record<string, unknown> | undefined)?.[key],
      document,
    ) !== undefined
  );
}

void t.test('the AsyncAPI document is whole: every reference leads somewhere', (t) => {
  const document = readJson('asyncapi.json') as {
    asyncapi: string;
    channels: Record<string, { address: string; messages: Record<string, unknown> }>;
    operations: Record<string, { action: string; channel: { $ref: string } }>;
  };
  t.equal(document.asyncapi, '3.0.0');
  for (const ref of refsIn(document)) {
    if (ref.startsWith('#/')) t.ok(resolves(document, ref), ref);
    else t.type(readJson(ref), 'object', ref);
  }
  t.strictSame(
    Object.values(document.channels).map(({ address }) => address),
    [
      'transactions/{deviceId}/submit',
      'transactions/{deviceId}/result',
      'queries/{deviceId}/request',
      'queries/{deviceId}/response',
      'feeds/stock',
      'feeds/{collection}',
      'reservations/{deviceId}/request',
      'reservations/{deviceId}/response',
      'gateway/status',
      'peripherals/{peripheralId}/request/{deviceId}',
      'peripherals/{peripheralId}/response/{deviceId}',
      'peripherals/{peripheralId}/event',
      'peripherals/{peripheralId}/state',
    ],
  );
  for (const { action, channel } of Object.values(document.operations)) {
    t.ok(action === 'send' || action === 'receive');
    t.ok(resolves(document, channel.$ref));
  }
  t.end();
});
