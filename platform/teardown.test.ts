import t from 'tap';
import { TillgateError } from '../protocol/errors.ts';
import { silentLog } from './logging.ts';
import { ProcessLife } from './process-life.ts';
import { Teardown } from './teardown.ts';

void t.test('steps run in reverse, all of them, and once', async (t) => {
  const ran: string[] = [];
  const teardown = new Teardown(silentLog);
  teardown.add('first', () => void ran.push('first'));
  teardown.add('second', () => Promise.reject(new TillgateError('INTERNAL', 'cannot')));
  teardown.add('third', () => void ran.push('third'));
  t.equal(await teardown.run(), false, 'one step failed');
  t.strictSame(ran, ['third', 'first']);
  t.equal(await teardown.run(), true, 'nothing is left');
  t.strictSame(ran, ['third', 'first']);
});

void t.test('a life ends by wish or by failure, whichever is first', async (t) => {
  const asked = new AbortController();
  const calm = new ProcessLife(asked.signal);
  asked.abort();
  calm.failed(new TillgateError('INTERNAL', 'too late'));
  await calm.untilEnd();

  const failing = new ProcessLife(new AbortController().signal);
  failing.failed(new TillgateError('LEDGER_IO', 'the disk is gone'));
  failing.failed(new TillgateError('INTERNAL', 'and then this'));
  await t.rejects(failing.untilEnd(), { code: 'LEDGER_IO' });
  await new ProcessLife(AbortSignal.abort()).untilEnd();
});
