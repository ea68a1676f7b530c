import canonicalize from 'canonicalize';
import fc from 'fast-check';
import t from 'tap';
import { isPlainCanonical } from './canonical-scan.ts';

const scan = (text: string) => isPlainCanonical(Buffer.from(text));

void t.test('what it says yes to is canonical, whatever is changed in the text', (t) => {
  let yes = 0;
  const changed = fc.constantFrom('', ' ', '0', '1', '-', '.', 'e', '"', ',', '{', '}', '\\', 'z');
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.nat(), changed, (value, place, piece) => {
      const good = canonicalize(value) ?? '';
      const at = place % (good.length + 1);
      for (const text of [good, good.slice(0, at) + piece + good.slice(at + 1)]) {
        if (!scan(text)) continue;
        yes++;
        if (canonicalize(JSON.parse(text)) !== text) return false;
      }
      return true;
    }),
    { numRuns: 5_000 },
  );
  t.ok(yes > 1_000, 'it does say yes');
  t.end();
});

void t.test('plain headers get a yes', (t) => {
  for (const text of [
    '{"a":1,"ab":{"x":[],"y":{}},"b":"é €","c":[true,false,null,-5,0]}',
    '{"10":1,"9":2}',
    '123456789012345',
  ]) {
    t.equal(canonicalize(JSON.parse(text)), text);
    t.ok(scan(text), text);
  }
  t.end();
});

void t.test('everything else gets a no', (t) => {
  for (const text of [
    '',
    '{"b":1,"a":2}',
    '{"a":1,"a":2}',
    '{"ab":1,"a":2}',
    '{"a": 1}',
    '{"a":1 }',
    '{"a":1}x',
    '{"a":1,}',
    '{"a":01}',
    '{"a":-0}',
    '{"a":1.0}',
    '{"a":1e2}',
    '{"a":1234567890123456}',
    '{"a":"\\u002d"}',
    '{"a":"\n"}',
    '{"a"}',
    '{"a":tru}',
    '[1,]',
    '[',
    '"',
    '['.repeat(100) + ']'.repeat(100),
  ]) {
    t.notOk(scan(text), text);
  }
  t.end();
});
