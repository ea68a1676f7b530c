/**
 * The units as systemd itself reads them: `systemd-analyze verify` finds no fault once the command
 * they start is there, and the exposure that `systemd-analyze security` computes stays low.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { UDEV_RULES } from '../../drivers/discovery/udev-rules.ts';
import { needTool } from '../support/need-tool.ts';
import { ownFolder } from '../support/own-folder.ts';

const FOLDER = fileURLToPath(new URL('../../systemd', import.meta.url));
const UNITS = readdirSync(FOLDER).filter((name) => name.endsWith('.service'));

/** Of ten, in tenths; systemd calls up to 4.0 "OK". The units reach 2.1. */
const EXPOSURE_TENTHS_MAX = 25;

/** The unit with a stand-in for /usr/bin/tillgate, which need not be installed here. */
function unitWithStandIn(folder: string, name: string): string {
  const program = join(folder, 'tillgate');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  const text = readFileSync(join(FOLDER, name), 'utf8').replaceAll('/usr/bin/tillgate', program);
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

for (const name of UNITS) {
  void t.test(`${name} verifies`, (t) => {
    if (!needTool(t, 'systemd-analyze')) return;
    const path = unitWithStandIn(ownFolder(t), name);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    // Faults of other units on this machine are not ours.
    const ours = stderr.split('\n').filter((line) => line.includes(name));
    t.same(ours, []);
    t.equal(status, 0, stderr);
    t.end();
  });

  void t.test(`${name} is hardened`, (t) => {
    if (!needTool(t, 'systemd-analyze')) return;
    const path = unitWithStandIn(ownFolder(t), name);
    const words = ['security', '--offline=yes', `--threshold=${EXPOSURE_TENTHS_MAX}`, path];
    const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    t.equal(status, 0, `${stdout.split('\n').at(-2) ?? ''} ${stderr}`);
    t.end();
  });
}

void t.test('what keeps a till selling stands in the units', (t) => {
  t.same(UNITS, ['tillgate-hq.service', 'tillgate.service']);
  for (const name of UNITS) {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    for (const line of [
      'Type=notify',
      'Restart=always',
      'RestartPreventExitStatus=78',
      'StartLimitIntervalSec=0',
      'SystemCallFilter=@system-service @pkey',
      'SystemCallErrorNumber=EPERM',
    ]) {
      t.match(text, `\n${line}\n`, `${name}: ${line}`);
    }
    t.notMatch(text, /^MemoryDenyWriteExecute=/m, 'would kill the JIT compiler');
    t.notMatch(text, /^PrivateDevices=/m, 'would hide serial ports');
  }
  t.end();
});

void t.test('the shipped udev rules are those that the command prints', (t) => {
  t.equal(readFileSync(join(FOLDER, '60-tillgate.rules'), 'utf8'), UDEV_RULES);
  for (const line of UDEV_RULES.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    t.match(line, /^[A-Z]+(\{\w+\})?(==|=)".*"$/, line);
    t.match(line, /^((^|, )[A-Z]+(\{\w+\})?(==|=|!=)"[^"]*")+$/, 'keys, operators and quotes');
  }
  t.end();
});

void t.test('the gateway reaches every kind of port, and no other device', (t) => {
  const unit = readFileSync(join(FOLDER, 'tillgate.service'), 'utf8');
  const groups = /^SupplementaryGroups=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
  // Every group that a rule gives a port to, but that of the PC/SC daemon, is the gateway's.
  for (const [, group] of UDEV_RULES.matchAll(/GROUP="(\w+)"/g)) {
    if (group === 'pcscd' || group === 'tillgate') continue;
    t.ok(groups.includes(group ?? ''), `${group} is among the groups`);
  }
  t.match(unit, /^DevicePolicy=closed$/m);
  const allowed = [...unit.matchAll(/^DeviceAllow=(\S+) rw$/gm)].map(([, device]) => device);
  t.same(allowed, [
    'char-ttyS',
    'char-ttyAMA',
    'char-ttyUSB',
    'char-ttyACM',
    'char-pts',
    'char-usb',
    'char-usb_device',
    'char-hidraw',
  ]);
  t.match(unit, /^RestrictAddressFamilies=.*AF_UNIX/m, 'the socket of the PC/SC daemon');
  t.end();
});
