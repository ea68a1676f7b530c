import fc from 'fast-check';
import t from 'tap';
import { commandEnds, readCommand } from './command-reader.ts';

const bytes = (...values: (number | string)[]): Uint8Array =>
  Uint8Array.from(
    values.flatMap((value) =>
      typeof value === 'number' ? [value] : [...Buffer.from(value, 'latin1')],
    ),
  );

/** Each is one whole command. */
const COMMANDS: readonly [string, Uint8Array][] = [
  ['ESC @', bytes(0x1b, '@')],
  ['ESC a', bytes(0x1b, 'a', 1)],
  ['ESC p', bytes(0x1b, 'p', 0, 25, 250)],
  ['ESC *', bytes(0x1b, '*', 33, 2, 0, 1, 2, 3, 4, 5, 6)],
  ['ESC D', bytes(0x1b, 'D', 8, 16, 0)],
  ['FS &', bytes(0x1c, '&')],
  ['GS !', bytes(0x1d, '!', 0x11)],
  ['GS V', bytes(0x1d, 'V', 66, 0)],
  ['GS V', bytes(0x1d, 'V', 0)],
  ['GS v 0', bytes(0x1d, 'v0', 0, 1, 0, 2, 0, 0x10, 0x04)],
  ['GS k', bytes(0x1d, 'k', 67, 12, '400638133393')],
  ['GS k', bytes(0x1d, 'k', 2, '400638133393', 0)],
  ['GS ( k', bytes(0x1d, '(k', 3, 0, 49, 67, 5)],
  ['GS ( H', bytes(0x1d, '(H', 6, 0, 48, 48, '1234')],
  ['DLE EOT 4', bytes(0x10, 4, 4)],
  ['DLE DC4 1', bytes(0x10, 0x14, 1, 0, 2)],
  ['DLE DC4 8', bytes(0x10, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8)],
  ['text', bytes('Total 12.30', 0xa3, 0xa4)],
  ['LF', bytes('\n')],
];

void t.test('names each command and finds its end', (t) => {
  for (const [name, command] of COMMANDS) {
    t.strictSame(readCommand(bytes(...command, 0x0a), 0), { name, length: command.length });
  }
  t.end();
});

void t.test('the ends are those of the commands, whatever they hold', (t) => {
  const several = fc.array(fc.constantFrom(...COMMANDS.map(([, command]) => command)));
  fc.assert(
    fc.property(several, (commands) => {
      const parts = commands.flatMap((command) => [command, bytes(0x0a)]);
      let end = 0;
      const wanted = parts.map((part) => (end += part.length));
      t.strictSame(commandEnds(Uint8Array.from(parts.flatMap((part) => [...part]))), wanted);
    }),
    { numRuns: 100 },
  );
  t.end();
});

void t.test('what is not known, or not whole, ends only with all there is', (t) => {
  t.strictSame(commandEnds(bytes('ab', 0x1b, 'Z', 1, 2, 3)), [2, 7]);
  t.strictSame(commandEnds(bytes(0x1d, 'v0', 0, 2, 0, 2, 0, 1)), [9]);
  t.end();
});

void t.test('no bytes make it throw or stand still', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (some) => {
      const ends = commandEnds(some);
      return some.length === 0 ? ends.length === 0 : ends.at(-1) === some.length;
    }),
  );
  t.end();
});
