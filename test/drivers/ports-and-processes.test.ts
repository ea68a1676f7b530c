/** Ports between processes: who holds one, who may open one, and that no port keeps a process alive. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { findTool, need, needTool } from '../support/need-tool.ts';
import { packetRig, tcpRig, terminalRig } from './port-rigs.ts';
import { ownFolder } from '../support/own-folder.ts';

const PROGRAM = fileURLToPath(new URL('./open-port-program.ts', import.meta.url));
const SCAN_PROGRAM = fileURLToPath(new URL('./scan-program.ts', import.meta.url));
/** Nobody's user id: a file of his is closed to a root that lost its power over files. */
const NOBODY = 65_534;

/** Root without its power over files: what everybody has. */
const POWERLESS = [
  findTool('setpriv') ?? '',
  '--bounding-set=-dac_override,-dac_read_search',
  '--',
];

interface Started {
  readonly child: ChildProcess;
  /** The line it printed. */
  readonly said: Promise<unknown>;
  readonly exited: Promise<number | null>;
}

function start(words: readonly string[], prefix: readonly string[] = []): Started {
  const [command = '', ...rest] = [...prefix, process.execPath, PROGRAM, ...words];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = new Promise<unknown>((resolve) => {
    child.stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString())));
  });
  return { child, said, exited: new Promise((resolve) => child.once('exit', resolve)) };
}

void t.test('a port that another process holds is busy, and its holder is named', async (t) => {
  if (!needTool(t, 'python3')) return;
  for (const kind of ['serial', 'lp'] as const) {
    const rig = await terminalRig(t, kind);
    const holder = start([rig.address, 'hold']);
    t.same(await holder.said, { state: 'open' });
    await t.rejects(openTransport(rig.address), {
      code: 'TRANSPORT_BUSY',
      message: new RegExp(`is held by .*node.* \\(process ${holder.child.pid}\\)`, 'i'),
    });
    holder.child.kill('SIGKILL');
    await holder.exited;
    await (await openTransport(rig.address)).close();
    await rig.close();
  }
});

void t.test('without the right to open it, it says denied and names the udev rules', async (t) => {
  if (!needTool(t, 'setpriv')) return;
  if (!need(t, process.getuid?.() === 0, 'root')) return;
  for (const kind of ['serial', 'lp'] as const) {
    const rig = await terminalRig(t, kind);
    const file = realpathSync(rig.path);
    chmodSync(file, 0o600);
    chownSync(file, NOBODY, NOBODY);
    const { said, exited } = start([rig.address, 'exit'], POWERLESS);
    t.match(await said, { code: 'TRANSPORT_DENIED', hint: /--udev-rules/ });
    await exited;
    await rig.close();
  }
});

void t.test('a scan by who may not open a port names the group that may', (t) => {
  if (!needTool(t, 'setpriv')) return;
  if (!need(t, process.getuid?.() === 0, 'root')) return;
  const root = ownFolder(t, {
    sys: { class: { tty: { ttyS0: { type: '4' } } } },
    dev: { ttyS0: '' },
    etc: { group: `root:x:0:\nserial-people:x:${NOBODY}:\n` },
  });
  const file = `${root}/dev/ttyS0`;
  chmodSync(file, 0o660);
  chownSync(file, NOBODY, NOBODY);
  const [command, ...rest] = [...POWERLESS, process.execPath, SCAN_PROGRAM, root];
  const scan: unknown = JSON.parse(execFileSync(command, rest, { encoding: 'utf8' }));
  t.match(scan, {
    candidates: [{ kind: 'serial' }],
    troubles: [
      {
        code: 'TRANSPORT_DENIED',
        message: /the group serial-people may/,
        hint: /--udev-rules.*usermod -aG serial-people/,
      },
    ],
  });
  t.end();
});

void t.test('a process ends at once although a port is open', async (t) => {
  if (!needTool(t, 'python3')) return;
  const rigs = [
    await terminalRig(t, 'serial'),
    await terminalRig(t, 'lp'),
    await tcpRig(),
    await packetRig(t),
  ];
  for (const rig of rigs) {
    t.teardown(() => rig.close());
    const { said, exited } = start([rig.address, 'exit']);
    t.same(await said, { state: 'open' });
    t.equal(await exited, 0, rig.address);
  }
});
