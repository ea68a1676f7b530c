/** Goal: what hangs or breaks ends as a finding. Method: programs and doors that never answer. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { askProgram } from './ask-program.ts';
import { ok } from './check-finding.ts';
import { findRoute } from './find-route.ts';
import { withinTime } from './within-time.ts';

const LONG_MS = 30_000;

void t.test('a check that hangs, fails, or is well', async (t) => {
  const well = await withinTime('log', LONG_MS, () => [ok('log', 'fine')]);
  t.match(well, [{ state: 'ok' }]);
  const hanging = await withinTime('log', 1, () => new Promise(() => undefined));
  t.match(hanging, [{ check: 'log', state: 'warning', code: 'CHECK_UNFINISHED' }]);
  const refused = await withinTime('log', LONG_MS, () => {
    throw new TillgateError('LEDGER_IO', 'bad');
  });
  t.match(refused, [{ state: 'failed', code: 'LEDGER_IO', message: 'bad' }]);
  const denied = Object.assign(new Error('EACCES'), {
    code: 'EACCES',
    path: '/x',
    syscall: 'open',
  });
  const unreadable = await withinTime('log', LONG_MS, () => Promise.reject(denied));
  t.match(unreadable, [{ state: 'failed', code: 'FILE_PERMISSIONS' }]);
  const broken = await withinTime('log', LONG_MS, () => Promise.reject(new TypeError('oops')));
  t.match(broken, [{ state: 'failed', code: 'INTERNAL', message: 'oops' }]);
});

void t.test('a program that hangs, fails, is missing, or answers', async (t) => {
  t.equal(await askProgram('sleep', ['60'], 1), undefined);
  t.same(await askProgram('sh', ['-c', 'echo said; exit 3'], LONG_MS), {
    ...{ exitCode: 3, stdout: 'said\n' },
  });
  t.match(await askProgram('no-such-program-here', [], LONG_MS), { exitCode: null });
});

void t.test('the way to headquarters', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.match(await findRoute(`mqtt://127.0.0.1:${port}`), { port, route: { type: 'open' } });
  t.match(await findRoute(`ws://localhost:${port}`), { host: 'localhost' });
  server.close();
  t.match(await findRoute(`mqtt://127.0.0.1:${port}`), {
    route: { type: 'closed', reason: 'ECONNREFUSED' },
  });
  t.match(await findRoute('mqtts://hq.invalid'), { port: 8883, route: { type: 'nameUnknown' } });
  t.equal(await findRoute('nonsense'), undefined);
});
