import fc from 'fast-check';
import t from 'tap';
import { Compile } from 'typebox/compile';
import { canonicalJson } from '../json/canonical.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { roundedProduct } from '../scaled.ts';
import { sampleLine, sampleSale } from './fixtures/sample-sale.ts';
import { explain } from './explain.ts';
import { judgeSubmission, refuseOversized } from './judge.ts';
import { LINES_MAX, SUBMISSION_BYTES_MAX } from './judgement.ts';
import { PROBLEMS_MAX } from './problem.ts';
import type { Judgement } from './judgement.ts';
import { ProblemList } from './problem.ts';
import { transactionSchema } from './schema.ts';

/** Judges unsigned content of a device without keys, which must not need a promise. */
function judge(payload: Json | Uint8Array): Judgement {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
  const judgement = judgeSubmission(bytes, { deviceKeys: [], requireSignature: true });
  if (judgement instanceof Promise)
    return t.fail('an unsigned submission was judged later') as never;
  return judgement;
}

function hashOf(judgement: Judgement): string | null {
  return judgement.contentHash && Buffer.from(judgement.contentHash).toString('hex');
}

function codes(judgement: Judgement): string[] {
  return judgement.verdict === 'refused' ? judgement.problems.map(({ code }) => code) : [];
}

/** A sale with every member there is, of random values that add up. */
const richSale = fc
  .record({
    lines: fc.array(
      fc.record({
        quantity: fc.integer({ min: -100, max: 100 }),
        quantityScale: fc.nat(3),
        price: fc.nat(100_000),
        priceScale: fc.nat(4),
        discounted: fc.boolean(),
        text: fc.string({ unit: 'grapheme', maxLength: 20 }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    tax: fc.nat(5_000),
    included: fc.boolean(),
  })
  .map(({ lines, tax, included }): JsonObject => {
    let total = included ? 0 : tax;
    const items = lines.map((line, at): JsonObject => {
      const quantity = { value: line.quantity, scale: line.quantityScale };
      const unitPrice = { value: line.price, scale: line.priceScale };
      const gross = Number(roundedProduct(quantity, unitPrice, 2));
      const amount = line.discounted ? Math.sign(gross) : 0;
      total += gross - amount;
      return {
        lineNumber: at + 1,
        itemId: `item ${at}`,
        description: line.text,
        quantity: { ...quantity, unit: 'EA' },
        unitPrice,
        discounts: [{ code: 'D', amount }],
        extendedAmount: gross - amount,
      };
    });
    return sampleSale({
      operatorId: 'op-7',
      customerId: '17850',
      originalTransactionId: '00000000-0000-4000-8000-000000000000',
      lines: items,
      taxes: [{ code: 'VAT', rate: { value: 20, scale: 2 }, amount: tax, included }],
      tenders: [
        { type: 'card', amount: total + 5 },
        { type: 'change', amount: -5 },
      ],
      total,
      extensions: { 'com.example.x': { list: [1, null, { deep: true }] } },
      training: false,
    });
  });

void t.test('white space and the order of members do not change the content', (t) => {
  const shuffled = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, shuffled(member)]),
    );
  };
  fc.assert(
    fc.property(richSale, (sale) => {
      const judgement = judge(sale);
      const again = judge(Buffer.from(JSON.stringify(shuffled(sale), null, 3)));
      return judgement.verdict === 'acceptable' && hashOf(judgement) === hashOf(again);
    }),
  );
  t.end();
});

/** Every place of a value, as the path of its members. */
function placesIn(value: Json, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, member]) =>
    placesIn(member, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

function replaced(value: Json, path: readonly (string | number)[], change: Json): Json {
  const [head, ...rest] = path;
  if (head === undefined) return change;
  if (Array.isArray(value)) {
    return value.map((item, at) => (at === head ? replaced(item, rest, change) : item));
  }
  const object = value as JsonObject;
  return { ...object, [head]: replaced(object[head] ?? null, rest, change) };
}

void t.test('any change of one value is refused, or is other content', (t) => {
  const values: fc.Arbitrary<Json>[] = [fc.integer(), fc.string(), fc.boolean()];
  const change = fc.oneof(...values, fc.constantFrom<Json>([], {}));
  fc.assert(
    fc.property(richSale, fc.nat(), change, (sale, pick, change) => {
      const places = placesIn(sale).slice(1);
      const place = places[pick % places.length] ?? [];
      const changed = replaced(sale, place, change);
      if (canonicalJson(changed) === canonicalJson(sale)) return true;
      const judgement = judge(changed);
      return judgement.verdict === 'refused' || hashOf(judgement) !== hashOf(judge(sale));
    }),
    { numRuns: 2000 },
  );
  t.end();
});

const transactionForm = Compile(transactionSchema);

void t.test('says why for exactly what the compiled schema refuses, in bounds', (t) => {
  // Numbers that are no integers are the parser's to report, and never come this far.
  const anything = fc
    .oneof(fc.jsonValue(), fc.integer(), fc.constant(null))
    .map(
      (value) =>
        JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
          typeof item === 'number' && !Number.isSafeInteger(item) ? 7 : item,
        ) as Json,
    );
  fc.assert(
    fc.property(richSale, fc.nat(), anything, (sale, pick, change) => {
      const places = placesIn(sale);
      const changed = replaced(sale, places[pick % places.length] ?? [], change);
      const problems = new ProblemList();
      explain(transactionSchema, changed, problems);
      const isSmall = canonicalJson(problems.items).length < PROBLEMS_MAX * 2_000;
      return transactionForm.Check(changed) === (problems.items.length === 0) && isSmall;
    }),
    { numRuns: 3000 },
  );
  t.end();
});

void t.test('takes any bytes without throwing, and its problems fit into an entry', (t) => {
  const text = JSON.stringify(sampleSale({ operatorId: '\ud800', '\udc00"': '\ud800', x: 'é' }));
  const damaged = fc
    .tuple(fc.nat(text.length), fc.nat(20), fc.constantFrom('', '1.5', '"\\ud800"', '{', '\\', ','))
    .map(([at, cut, insert]) => Buffer.from(text.slice(0, at) + insert + text.slice(at + cut)));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array()), (bytes) => {
      const context = { deviceKeys: [], requireSignature: true };
      const judgement = judgeSubmission(bytes, context);
      if (judgement instanceof Promise || judgement.verdict === 'acceptable') return true;
      return judgement.problems.length > 0 && canonicalJson(judgement.problems) !== '';
    }),
    { numRuns: 3000 },
  );
  t.end();
});

void t.test('5,000 lines are taken and 5,001 are not kept', (t) => {
  const sale = (count: number): JsonObject =>
    sampleSale({
      lines: Array.from({ length: count }, (_, at) =>
        sampleLine({ lineNumber: at + 1, quantity: { value: 0, scale: 0 }, extendedAmount: 0 }),
      ),
      tenders: [],
      total: 0,
    });
  t.equal(judge(sale(LINES_MAX)).verdict, 'acceptable');
  const refused = judge(sale(LINES_MAX + 1));
  t.match(refused, {
    verdict: 'refused',
    keepBody: false,
    problems: [{ code: 'TXN_TOO_MANY_LINES', path: '/lines', expected: 5_000, got: 5_001 }],
  });
  t.match(judge({ ...sale(LINES_MAX + 1), schemaVersion: 2 }), { keepBody: false });
  t.end();
});

void t.test('more than 1 MiB is refused by its length alone', (t) => {
  const bytes = Buffer.alloc(SUBMISSION_BYTES_MAX + 1, '{');
  t.strictSame(judge(bytes), refuseOversized(bytes.length, 'application/json'));
  t.match(judge(bytes), { problems: [{ code: 'TXN_TOO_LARGE' }], keepBody: false });
  t.end();
});

void t.test('a submission that is wrong everywhere gets a bounded answer', (t) => {
  const lines = Array.from({ length: 4_000 }, () => ({ [`x${'y'.repeat(50)}`]: 1 }));
  const judgement = judge(sampleSale({ lines }));
  t.equal(judgement.verdict === 'refused' && judgement.problems.length, PROBLEMS_MAX);
  t.ok(judgement.verdict === 'refused' && judgement.problemsOmitted > 0);
  t.end();
});

void t.test('guesses what a misspelt member was meant to be', (t) => {
  const judgement = judge(sampleSale({ operator_id: 'op-7', tender: [], zzz: 1 }));
  t.strictSame(codes(judgement), Array(3).fill('TXN_MEMBER_UNKNOWN'));
  const hints = judgement.verdict === 'refused' ? judgement.problems.map(({ hint }) => hint) : [];
  t.equal(hints[0], 'Did you mean `operatorId`?');
  t.equal(hints[1], 'Did you mean `tenders`?');
  t.notMatch(hints[2], /Did you mean/);
  t.end();
});

void t.test('a sale may name the heads that it was priced from', (t) => {
  const origin = 'hq.example.com/acme/hq/hq/e1-0f1e2d3c';
  const cited = judge(sampleSale({ pricedFrom: [{ origin, size: 12 }] }));
  t.equal(cited.verdict, 'acceptable');
  const other = judge(sampleSale({ pricedFrom: [{ origin, size: 13 }] }));
  t.not(hashOf(cited), hashOf(other), 'they are part of the content');
  t.equal(hashOf(judge(sampleSale({ pricedFrom: null }))), hashOf(judge(sampleSale({}))));
  const wrong = judge(sampleSale({ pricedFrom: [{ origin, size: -1 }] }));
  t.match(wrong, { verdict: 'refused', problems: [{ path: '/pricedFrom/0/size' }] });
  t.end();
});
