import t from 'tap';
import { parseDocument } from './document.ts';
import { testPage } from './test-page.ts';

void t.test('a test page is a document, with a ruler as wide as the paper', (t) => {
  for (const columns of [32, 33, 42, 48]) {
    const page = testPage({
      title: 'Some printer',
      columns,
      codePages: ['cp437'],
      facts: [['Serial number', 'X1']],
    });
    t.match(parseDocument(page), { ok: true });
    const [, ruler] = page.blocks;
    t.equal(ruler?.type === 'text' ? ruler.text.length : 0, columns);
  }
  t.end();
});
