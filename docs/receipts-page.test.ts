import { readFileSync } from 'node:fs';
import t from 'tap';
import { BLOCK_SCHEMAS } from '../protocol/receipt/document-schema.ts';
import { parseDocument } from '../protocol/receipt/document.ts';
import { parseReference } from '../protocol/receipt/receipt-reference.ts';

const page = readFileSync(new URL('receipts.md', import.meta.url), 'utf8');

void t.test('every example of a document can be printed', (t) => {
  const examples = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, text]) => text ?? '');
  t.ok(examples.length >= 2);
  for (const example of examples) t.match(parseDocument(JSON.parse(example)), { ok: true });
  t.end();
});

void t.test('every kind of block and every profile has its line', (t) => {
  const profiles = readFileSync(
    new URL('../drivers/pos-printer/profiles.json', import.meta.url),
    'utf8',
  );
  const ids = (JSON.parse(profiles) as { id: string }[]).map(({ id }) => id);
  for (const name of [...Object.keys(BLOCK_SCHEMAS), ...ids]) {
    t.match(page, new RegExp(`^\\| \`${name}\` `, 'm'));
  }
  t.end();
});

void t.test('the reference that is shown reads', (t) => {
  const [text = ''] = /tillgate:\S+/.exec(page) ?? [];
  t.match(parseReference(text), { index: 41 });
  t.end();
});
