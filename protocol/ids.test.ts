import fc from 'fast-check';
import t from 'tap';
import { isDomain, isId, isUuid, uuidBytes, uuidText } from './ids.ts';

void t.test('ids are short, lower case, and safe as a topic level and a file name', (t) => {
  for (const id of ['a', '0', 'till-1', 's0417', 'a'.repeat(32), 'a-']) t.ok(isId(id), id);
  for (const id of ['', '-a', 'A', 'a_b', 'a/b', 'a.b', 'é', 'a\n', 'a'.repeat(33)]) {
    t.notOk(isId(id), JSON.stringify(id));
  }
  t.end();
});

void t.test('a domain is a DNS name in lower case', (t) => {
  for (const name of ['tillgate.invalid', 'hq.example.com', 'localhost', 'xn--bcher-kva.example']) {
    t.ok(isDomain(name), name);
  }
  const long = Array(64).fill('abc').join('.');
  for (const name of ['', '.', 'a.', '.a', 'a..b', '-a.b', 'a-.b', 'A.b', 'a_b', long]) {
    t.notOk(isDomain(name), name);
  }
  t.notOk(isDomain(`${'a'.repeat(64)}.b`));
  t.end();
});

void t.test('a UUID goes to its bytes and back', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = uuidText(bytes);
      return isUuid(text) && Buffer.compare(uuidBytes(text), bytes) === 0;
    }),
  );
  t.notOk(isUuid('01936A4E-2A1C-7C3E-9D63-3F1D6F0C8A11'), 'capitals are refused');
  t.notOk(isUuid('01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a1'));
  t.notOk(isUuid('01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11\n'));
  t.end();
});
