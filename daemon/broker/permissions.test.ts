/** Goal: a role allows what its rules cover, nothing else, and nothing that it denies. */
import t from 'tap';
import { Permissions } from './permissions.ts';

const OPEN = { publish: ['#'], subscribe: ['#'] };

void t.test('wildcards do not reach into $ topics, but # alone is everything', (t) => {
  const levels = new Permissions({ publish: ['+/#'], subscribe: ['+/#'] }, 't1');
  t.ok(levels.mayPublish('a/b'));
  t.notOk(levels.mayPublish('$a/b'));
  t.ok(levels.maySubscribe('a/#'));
  t.notOk(levels.maySubscribe('#'));
  t.notOk(levels.maySubscribe('$share/a/b'));
  const open = new Permissions(OPEN, 't1');
  t.ok(open.mayPublish('$a/b'));
  t.ok(open.maySubscribe('$share/a/b'));
  t.notOk(open.mayPublish('$SYS/x/new/clients'), 'only the broker speaks below $SYS');
  t.end();
});

void t.test('what is denied stays denied', (t) => {
  const rules = { ...OPEN, deny: ['staff/+', 'own/{deviceId}/#'] };
  const permissions = new Permissions(rules, 't1');
  for (const topic of ['staff/rota', 'own/t1', 'own/t1/x']) {
    t.notOk(permissions.mayPublish(topic), topic);
    t.notOk(permissions.maySubscribe(topic), topic);
  }
  t.notOk(permissions.maySubscribe('staff/+'));
  t.ok(permissions.maySubscribe('#'), 'a wider filter is granted; delivery asks topic by topic');
  t.ok(permissions.mayPublish('own/t2/x'));
  t.end();
});

void t.test('nobody leaves a will among submissions and jobs', (t) => {
  const permissions = new Permissions(OPEN, 't1');
  t.ok(permissions.mayLeaveWill('a/b'));
  t.notOk(permissions.mayLeaveWill('transactions/t1/submit'));
  t.notOk(permissions.mayLeaveWill('peripherals/p/request/t1'));
  t.end();
});
