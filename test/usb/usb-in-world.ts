/**
 * The contract of transports over USB. Runs inside test/usb/usb-world.sh, started by
 * usb-transport.test.ts, with the path of the compiled fusb as its argument.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { everyByte, transportContract } from '../../drivers/transport/transport-contract.ts';
import type { TransportRig } from '../../drivers/transport/transport-contract.ts';

const FUSB = process.argv[2] ?? '';
const PRINTER = 'usb:04b8:0e15:X1A2B3';

interface UsbRig extends TransportRig {
  tell(command: string): Promise<void>;
}

async function usbRig(): Promise<UsbRig> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'tillgate-usb-')), 'out');
  const child = spawn(FUSB, ['/dev/bus/usb', outfile], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await lines.next();
  const tell = async (command: string): Promise<void> => {
    child.stdin.write(`${command}\n`);
    await lines.next();
  };
  return {
    address: PRINTER,
    tell,
    send: (bytes) => void tell(`send ${Buffer.from(bytes).toString('hex')}`),
    received: () => readFileSync(outfile),
    stall: () => void tell('stall'),
    unplug: () => tell('unplug'),
    close: async () => {
      child.stdin.end();
      await exited;
      // The mount goes with the process that served it; it is taken away for the next one.
      await new Promise((resolve) => spawn('umount', ['-l', '/dev/bus/usb']).once('exit', resolve));
    },
  };
}

void t.test('a USB device is found by ids, by serial number and by port', async (t) => {
  const rig = await usbRig();
  t.teardown(() => rig.close());
  for (const address of ['usb:04b8:0e15', PRINTER, 'usb:04b8:0e15@1-1']) {
    const port = await openTransport(address);
    await port.write(everyByte(64, 3));
    await port.close();
  }
  t.equal(rig.received().length, 3 * 64);
  for (const address of ['usb:04b8:0e16', 'usb:04b8:0e15:OTHER', 'usb:04b8:0e15@1-2']) {
    await t.rejects(openTransport(address), { code: 'TRANSPORT_ABSENT' }, address);
  }
});

void t.test('a kernel driver is detached, and given back at the end', async (t) => {
  const rig = await usbRig();
  t.teardown(() => rig.close());
  await rig.tell('usblp');
  const port = await openTransport(PRINTER);
  await port.write(everyByte(10, 1));
  await port.close();
  const again = await openTransport(PRINTER);
  await again.close();
  t.equal(rig.received().length, 10);
});

void t.test(
  'a printer that takes nothing for longer than a transfer waits is waited for',
  async (t) => {
    const rig = await usbRig();
    t.teardown(() => rig.close());
    const port = await openTransport(PRINTER);
    await rig.tell('stall');
    const write = port.write(everyByte(100_000, 5));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    t.equal(rig.received().length, 0);
    await rig.tell('go');
    await write;
    t.same(new Uint8Array(rig.received()), everyByte(100_000, 5), 'each byte once');
    await port.close();
  },
);

transportContract(t, {
  name: 'usb',
  open: openTransport,
  createRig: usbRig,
  absentAddress: 'usb:dead:beef',
  isExclusive: true,
  isPackets: false,
});
