/** What a command loads before it knows which command it is: nothing that takes long to load. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { runProgram } from '../test/support/tillgate-process.ts';

const MAIN = fileURLToPath(new URL('../bin/tillgate.js', import.meta.url));
/** Hundreds of files each; the library of schemas alone takes longer than all the rest. */
const HEAVY = ['typebox', 'yaml', 'better-sqlite3', 'aedes', 'pg', 'pino', 'serialport'];

const SAY_WHAT_IS_LOADED = `
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      process.stderr.write(url + '\\n');
      return next(url, context);
    },
  });
`;

void t.test('the command line starts without heavy libraries', async (t) => {
  const hook = `data:text/javascript,${encodeURIComponent(SAY_WHAT_IS_LOADED)}`;
  const { exitCode, stderr } = await runProgram(process.execPath, [
    ...['--import', hook],
    ...[MAIN, '--help'],
  ]);
  t.equal(exitCode, 0);
  const loaded = stderr.split('\n');
  t.ok(loaded.some((url) => url.includes('/commands/device-add.')));
  t.ok(loaded.some((url) => url.includes('/node_modules/commander/')));
  const heavy = loaded.filter((url) =>
    HEAVY.some((name) => url.includes(`/node_modules/${name}/`)),
  );
  t.same(heavy.slice(0, 3), []);
});
