import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import t from 'tap';
import { readLogos } from './logo-folder.ts';

const picture = (width: number): Buffer => PNG.sync.write(new PNG({ width, height: 8 }));

void t.test('what can be printed is there under the name of its file', (t) => {
  const folder = t.testdir({});
  writeFileSync(join(folder, 'store-1.png'), picture(16));
  const { byName, problems } = readLogos(folder);
  t.same([...byName.keys()], ['store-1']);
  t.same(byName.get('store-1'), picture(16));
  t.same(problems, []);
  t.end();
});

void t.test('what cannot is left out with a reason, and nothing else is', (t) => {
  const folder = t.testdir({ 'not-one.png': 'GIF89a', 'README.txt': 'logos' });
  writeFileSync(join(folder, 'wide.png'), picture(5_000));
  writeFileSync(join(folder, 'good.png'), picture(16));
  mkdirSync(join(folder, 'folder.png'));
  const { byName, problems } = readLogos(folder);
  t.same([...byName.keys()], ['good']);
  t.equal(problems.length, 4);
  for (const name of ['not-one.png', 'README.txt', 'wide.png', 'folder.png']) {
    t.ok(
      problems.some((problem) => problem.includes(name)),
      name,
    );
  }
  t.end();
});

void t.test('no folder is no logos', (t) => {
  const { byName, problems } = readLogos(join(t.testdir({}), 'logos'));
  t.equal(byName.size, 0);
  t.same(problems, []);
  t.end();
});

void t.test('more than are kept are named', (t) => {
  const folder = t.testdir({});
  for (let at = 0; at < 18; at += 1) writeFileSync(join(folder, `logo-${at}.png`), picture(8));
  const { byName, problems } = readLogos(folder);
  t.equal(byName.size, 16);
  t.equal(problems.length, 2);
  t.end();
});
