import fc from 'fast-check';
import t from 'tap';
import { JSON_DEPTH_MAX, parseStrictJson, parseTextStrictly } from './strict-json.ts';
import type { StrictJson } from './strict-json.ts';

function parse(text: string | Uint8Array): StrictJson {
  return parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text);
}

/** `kind path` of every fault. */
function faults(text: string | Uint8Array): string[] {
  return parse(text).faults.map((fault) => `${fault.kind} ${fault.path}`);
}

/** Does a JSON.parse value hold only what the strict parser takes as well? */
function holdsFractionsOrLoneSurrogates(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isSafeInteger(value) || Object.is(value, -0);
  if (typeof value === 'string') return !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, member]) => !key.isWellFormed() || holdsFractionsOrLoneSurrogates(member),
  );
}

void t.test('agrees with JSON.parse on every value that both take', (t) => {
  const text = fc
    .jsonValue()
    .chain((value) => fc.constantFrom(JSON.stringify(value), JSON.stringify(value, null, 2)));
  fc.assert(
    fc.property(text, (text) => {
      const expected: unknown = JSON.parse(text);
      const result = parse(text);
      if (holdsFractionsOrLoneSurrogates(expected)) return result.faults.length > 0;
      // Text compares own members and their order, `__proto__` included, without touching them.
      return (
        result.faults.length === 0 && JSON.stringify(result.value) === JSON.stringify(expected)
      );
    }),
    { numRuns: 2000 },
  );
  t.end();
});

void t.test('never throws, and takes nothing that JSON.parse refuses', (t) => {
  const json = '{"a":[1,-2,"x\\u00e9\\n",true,null],"b":{"c":9007199254740991}}';
  const damaged = fc
    .tuple(fc.nat(json.length), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 }))
    .map(([at, cut, insert]) => json.slice(0, at) + insert + json.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (text) => {
      const wellFormed = text.toWellFormed();
      if (parse(wellFormed).value === undefined) return true;
      JSON.parse(wellFormed);
      return true;
    }),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const result = parse(bytes);
      return result.value !== undefined || result.faults.length === 1;
    }),
    { numRuns: 5000 },
  );
  t.end();
});

void t.test('the quick way through gives what the strict parser gives, fault for fault', (t) => {
  const token = fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', '"a"', '"b"', '"__proto__"', '"a:b{"', '"\\u0061"', '"1.5"'],
    ...['0', '-0', '-1', '1.5', '1e2', '123456789012345', '1234567890123456', '9007199254740993'],
    ...['true', 'false', 'null', ' ', '\n', '"é"', '{"a":1,"a":2}', '{"x":{"y":[1,{}]}}', '[[0]]'],
  );
  const value = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      token,
      fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(fc.constantFrom('"a"', '"b"', '"__proto__"'), tie('value')), {
          maxLength: 4,
        })
        .map((members) => `{${members.map(([key, item]) => `${key}:${item}`).join(',')}}`),
    ),
  })).value;
  const tokens = fc.array(token, { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(value, tokens), (text) => {
      const quick = parse(text);
      const strict = parseTextStrictly(text);
      return JSON.stringify(quick) === JSON.stringify(strict);
    }),
    { numRuns: 4000 },
  );
  t.end();
});

void t.test('names the place of every fault that leaves the structure readable', (t) => {
  const text =
    '{"a":1.0,"b":[1e2,-0,9007199254740992,{"c/d":-9007199254740993}],"a":2,"e~":"\\ud800","\\udc00":0}';
  const result = parse(text);
  t.strictSame(
    result.faults.map(({ kind, path, got }) => [kind, path, got]),
    [
      ['notInteger', '/a', '1.0'],
      ['notInteger', '/b/0', '1e2'],
      ['notInteger', '/b/1', '-0'],
      ['outOfRange', '/b/2', '9007199254740992'],
      ['outOfRange', '/b/3/c~1d', '-9007199254740993'],
      ['duplicateKey', '/a', 'a'],
      ['loneSurrogate', '/e~0', '"\\ud800"'],
      ['loneSurrogate', '', '"\\udc00"'],
    ],
  );
  t.not(result.value, undefined, 'and the rest is read');
  t.end();
});

void t.test('takes integers up to the limits of a double, exactly', (t) => {
  const text = '[9007199254740991,-9007199254740991,0,-1,10]';
  t.strictSame(parse(text).value, [9007199254740991, -9007199254740991, 0, -1, 10]);
  t.strictSame(parse(text).faults, []);
  t.strictSame(faults(`[${'9'.repeat(400)}]`), ['outOfRange /0']);
  t.end();
});

void t.test('refuses what is not JSON at the byte where it goes wrong', (t) => {
  const texts = ['', ' ', '{', '{"a"}', '{"a":1,}', '[1,]', '[1 2]', '01', '-', '1.', '1e', '.5'];
  const more = ['+1', 'nul', 'True', "'a'", '"a', '"\\x"', '"\\u12g4"', '"\t"', '{}x', '\ufeff{}'];
  for (const text of [...texts, ...more]) {
    t.equal(parse(text).value, undefined, JSON.stringify(text));
    t.equal(parse(text).faults.length, 1);
  }
  const result = parse('{"é":\n [1,\n ?]}');
  t.match(result.faults[0]?.message, /at byte 13 \(line 3\): expected a value/);
  t.equal(result.faults[0]?.path, '/é/1');
  t.end();
});

void t.test('refuses bytes that are not UTF-8, and says from where on', (t) => {
  const cases: [number[], number][] = [
    [[0x22, 0xff, 0x22], 1],
    [[0x22, 0xc3, 0xa9, 0xc3, 0x22], 3],
    [[0x22, 0xed, 0xa0, 0x80, 0x22], 1],
    [[0x22, 0xc0, 0xaf, 0x22], 1],
    [[0x22, 0x61, 0xe2, 0x82], 2],
  ];
  for (const [bytes, offset] of cases) {
    const [fault] = parse(Uint8Array.from(bytes)).faults;
    t.equal(fault?.kind, 'encoding');
    t.match(fault?.message, new RegExp(`from offset ${offset} on`));
  }
  t.match(parse('\ufeff{}').faults[0]?.message, /byte order mark/);
  t.end();
});

void t.test('keeps members whose names mean something to JavaScript as plain members', (t) => {
  const result = parse('{"__proto__":{"x":1},"constructor":2,"toString":3,"hasOwnProperty":4}');
  t.strictSame(result.faults, []);
  t.strictSame(Object.keys(result.value as object), [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
  ]);
  t.equal(Object.getPrototypeOf(result.value), Object.prototype);
  t.strictSame(faults('{"__proto__":1,"__proto__":2}'), ['duplicateKey /__proto__']);
  t.end();
});

void t.test('finds a key twice also when one of them is escaped', (t) => {
  t.strictSame(faults('{"a":{"b":1,"\\u0062":2}}'), ['duplicateKey /a/b']);
  t.end();
});

void t.test('stops below the depth limit, without a fault at the limit itself', (t) => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  t.strictSame(faults(nested(JSON_DEPTH_MAX)), []);
  t.equal(parse(nested(JSON_DEPTH_MAX + 1)).faults[0]?.kind, 'depth');
  t.equal(parse(nested(500_000)).faults[0]?.kind, 'depth');
  t.end();
});

void t.test('lists a bounded number of faults and counts the rest', (t) => {
  const result = parse(`[${'1.5,'.repeat(500)}1]`);
  t.equal(result.faults.length, 100);
  t.equal(result.faultsOmitted, 400);
  const long = parse(`{${'"k":1.5,'.repeat(2)}"${'x'.repeat(100_000)}":0.5}`);
  t.ok(JSON.stringify(long.faults).length < 2_000, 'however long a name is');
  t.end();
});
