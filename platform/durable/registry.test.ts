import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { Registry } from './registry.ts';
import type { RegistryOptions } from './registry.ts';

interface Names {
  names: string[];
}

const optionsFor = (path: string): RegistryOptions<Names> => ({
  path,
  empty: { names: [] },
  check: (value) => {
    const { names } = value as Partial<Names>;
    if (!Array.isArray(names)) throw new TillgateError('REGISTRY_UNREADABLE', 'no names');
    return { names };
  },
});

void t.test('what update promised is in the file and in the next process', async (t) => {
  const options = optionsFor(join(t.testdir(), 'names.json'));
  const registry = await Registry.open(options);
  t.strictSame(registry.data.names, []);
  await registry.update((draft) => void draft.names.push('a'));
  t.strictSame(registry.data.names, ['a']);
  t.strictSame((await Registry.open(options)).data.names, ['a']);
});

void t.test('updates made at once all count, in order', async (t) => {
  const options = optionsFor(join(t.testdir(), 'names.json'));
  const registry = await Registry.open(options);
  const letters = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(
    letters.map((letter) => registry.update((draft) => void draft.names.push(letter))),
  );
  t.strictSame((JSON.parse(readFileSync(options.path, 'utf8')) as Names).names, letters);
});

void t.test('a change that cannot be written is not seen, and the next one works', async (t) => {
  const folder = t.testdir({ 'names.json.new': {} });
  const registry = await Registry.open(optionsFor(join(folder, 'names.json')));
  await t.rejects(registry.update((draft) => void draft.names.push('lost')));
  t.strictSame(registry.data.names, []);
  await t.rejects(
    registry.update(() => {
      throw new TillgateError('USAGE', 'the change itself fails');
    }),
    { code: 'USAGE' },
  );
  t.strictSame(registry.data.names, []);
});

void t.test('a file that is something else is named, not overwritten', async (t) => {
  for (const content of ['{', '[]', '{"names": 3}']) {
    const path = join(t.testdir(), 'names.json');
    writeFileSync(path, content);
    await t.rejects(Registry.open(optionsFor(path)), { code: 'REGISTRY_UNREADABLE' });
    t.equal(readFileSync(path, 'utf8'), content);
  }
});
