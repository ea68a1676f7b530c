/** Goal: what the kernel, systemd and /etc say is read as it is meant. */
import t from 'tap';
import { accountOf, groupName, may, READ, WRITE } from './account.ts';
import { openFilesLimit } from './check-limits.ts';
import { collides, parseListeningPorts } from './listening-ports.ts';
import { mountOf } from './mounts.ts';
import { parseUnit } from './unit-facts.ts';

void t.test('mounts: the deepest folder counts, and of two on one folder the later', (t) => {
  const mountinfo = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro',
    '30 22 0:25 / /var/lib/till\\040gate rw,nosuid - tmpfs tmpfs rw,size=4k',
    '31 22 0:26 / /mnt rw - nfs4 server:/x rw',
    '32 22 8:2 / /mnt ro,noatime - xfs /dev/sdb1 rw',
    'garbage',
  ].join('\n');
  t.match(mountOf('/var/lib/tillgate', mountinfo), { folder: '/', type: 'ext4' });
  t.match(mountOf('/var/lib/till gate/data', mountinfo), { type: 'tmpfs' });
  t.same(mountOf('/mnt/data', mountinfo), {
    ...{ folder: '/mnt', type: 'xfs', source: '/dev/sdb1', options: ['ro', 'noatime', 'rw'] },
  });
  t.equal(mountOf('/x', ''), undefined);
  t.end();
});

void t.test('ports: those that listen, IPv4, IPv6 and IPv4 as IPv6', (t) => {
  const line = (local: string, state: string, inode: number): string =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0 100`;
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid',
    line('0100007F:075B', '0A', 71),
    line('0100007F:1F90', '01', 72),
    line('00000000000000000000000000000000:23DC', '0A', 73),
    line('00000000000000000000000001000000:0050', '0A', 74),
    line('0000000000000000FFFF00000500000A:0051', '0A', 75),
    line('000080FE00000000000000000100A8C0:0052', '0A', 76),
  ].join('\n');
  t.same(parseListeningPorts(table), [
    { address: '127.0.0.1', port: 1883, inode: '71' },
    { address: '::', port: 9180, inode: '73' },
    { address: '::1', port: 80, inode: '74' },
    { address: '10.0.0.5', port: 81, inode: '75' },
    { address: 'fe80::c0a8:1', port: 82, inode: '76' },
  ]);
  t.ok(collides('127.0.0.1', '0.0.0.0'));
  t.ok(collides('::', '127.0.0.1'));
  t.ok(collides('localhost', '10.0.0.5'), 'a name may stand for it');
  t.notOk(collides('127.0.0.1', '10.0.0.5'));
  t.end();
});

void t.test('units', (t) => {
  const text = [
    ...['LoadState=loaded', 'UnitFileState=enabled', 'ActiveState=active', 'NRestarts=3'],
    ...['Result=success', 'ExecMainStatus=0', 'User=tillgate'],
    ...['MemoryMax=1073741824', 'LimitNOFILE=16384', ''],
  ].join('\n');
  t.match(parseUnit(text), {
    ...{ fileState: 'enabled', restarts: 3, user: 'tillgate', memoryMaxBytes: 1024 ** 3 },
  });
  t.equal(parseUnit(text.replace(/MemoryMax=\d+/, 'MemoryMax=infinity'))?.memoryMaxBytes, null);
  t.equal(parseUnit('LoadState=not-found\nUnitFileState='), undefined);
  t.equal(parseUnit(''), undefined, 'no systemd');
  t.end();
});

void t.test('accounts', (t) => {
  const files = {
    passwd: 'root:x:0:0::/root:/bin/sh\ntillgate:x:990:991::/:/bin/false\n',
    group: 'root:x:0:\ntillgate:x:991:\ndialout:x:20:uucp,tillgate\nlp:x:7:tillgates\n',
  };
  const account = accountOf('tillgate', files);
  t.same(account, { name: 'tillgate', uid: 990, gids: [991, 20] });
  t.same(accountOf(990, files), account);
  t.same(accountOf(7_777, files), { name: '7777', uid: 7_777, gids: [] });
  t.equal(accountOf('nobody-here', files), undefined);
  t.equal(groupName(20, files), 'dialout');
  const own = { uid: 990, gid: 0, mode: 0o400 };
  t.ok(account && may(account, READ, own));
  t.notOk(account && may(account, READ | WRITE, own));
  t.notOk(
    account && may(account, READ, { uid: 990, gid: 991, mode: 0o077 }),
    'the first that fits',
  );
  t.ok(account && may(account, READ | WRITE, { uid: 0, gid: 20, mode: 0o660 }));
  t.end();
});

void t.test('limits', (t) => {
  const limits = 'Limit  Soft  Hard  Units\nMax open files            1024     524288    files\n';
  t.equal(openFilesLimit(limits), 1_024);
  t.equal(openFilesLimit(''), null);
  t.end();
});
