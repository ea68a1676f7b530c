import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ServiceManager, watchdogBeatMs } from './service-manager.ts';

function recorded(environment: Record<string, string>, isAlive = () => true) {
  const sent: string[] = [];
  const troubles: string[] = [];
  const manager = new ServiceManager({
    environment,
    isAlive,
    onTrouble: (what) => troubles.push(what),
    send: (words) => {
      sent.push(words.join(' '));
      return Promise.resolve();
    },
  });
  return { manager, sent, troubles };
}

const managed = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '20000' };

void t.test('without a service manager nothing is sent', async (t) => {
  const { manager, sent } = recorded({});
  await manager.ready('up');
  await manager.stopping();
  t.same(sent, []);
});

void t.test('ready, beats at half the interval, stopping', async (t) => {
  const { manager, sent } = recorded(managed);
  await manager.ready('up');
  await sleep(60);
  await manager.stopping();
  t.equal(sent[0], '--ready --status=up');
  t.ok(sent.filter((words) => words === 'WATCHDOG=1').length >= 2);
  t.equal(sent.at(-1), 'STOPPING=1');
});

void t.test('no beat while a part makes no progress', async (t) => {
  const { manager, sent, troubles } = recorded(managed, () => false);
  await manager.ready('up');
  await sleep(40);
  await manager.stopping();
  t.same(sent, ['--ready --status=up', 'STOPPING=1']);
  t.match(troubles[0], /no progress/);
});

void t.test('a message that cannot be sent is reported, not thrown', async (t) => {
  const troubles: string[] = [];
  const manager = new ServiceManager({
    environment: managed,
    isAlive: () => true,
    onTrouble: (what) => troubles.push(what),
    send: () => Promise.reject(new Error('gone')),
  });
  await manager.ready('up');
  await manager.stopping();
  t.match(troubles, [/not told --ready/, /not told STOPPING=1/]);
});

void t.test('the interval is half of what systemd asks for', (t) => {
  t.equal(watchdogBeatMs({ WATCHDOG_USEC: '30000000' }), 15_000);
  for (const text of ['', '0', 'soon', '-5'])
    t.equal(watchdogBeatMs({ WATCHDOG_USEC: text }), undefined);
  t.end();
});
