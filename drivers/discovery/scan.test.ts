import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { firstHidUsage } from './hid-usage.ts';
import { scanPeripherals } from './scan.ts';
import type { SystemRoots } from './sysfs.ts';
import { deviceFileOf } from './usb-files.ts';

/** A machine as files: what sysfs, /dev and /proc of it would show. */
class Machine {
  readonly roots: SystemRoots;
  readonly #root: string;

  constructor(t: Test) {
    this.#root = t.testdir();
    const at = (name: string): string => join(this.#root, name);
    this.roots = { sys: at('sys'), dev: at('dev'), proc: at('proc'), etc: at('etc') };
  }

  file(path: string, content: string | Uint8Array = ''): string {
    const full = join(this.#root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
    return full;
  }

  link(path: string, target: string): void {
    const full = join(this.#root, path);
    mkdirSync(dirname(full), { recursive: true });
    mkdirSync(join(this.#root, target), { recursive: true });
    symlinkSync(join(this.#root, target), full);
  }

  fileLink(path: string, target: string): void {
    const full = join(this.#root, path);
    mkdirSync(dirname(full), { recursive: true });
    symlinkSync(join(this.#root, target), full);
  }

  /** `interfaces`: class and the kernel's driver of each. */
  usb(port: string, ids: string, about: UsbAbout): void {
    const folder = `sys/devices/usb/${port}`;
    const [idVendor = '', idProduct = ''] = ids.split(':');
    const attributes = { idVendor, idProduct, busnum: '1', devnum: port.slice(2), ...about.more };
    for (const [name, value] of Object.entries(attributes)) {
      this.file(`${folder}/${name}`, `${value}\n`);
    }
    for (const [number, [interfaceClass, driver]] of about.interfaces.entries()) {
      const parts = interfaceClass.split('/');
      const inner = `${folder}/${port}:1.${number}`;
      for (const [at, name] of ['Class', 'SubClass', 'Protocol'].entries()) {
        this.file(`${inner}/bInterface${name}`, `${parts[at] ?? '00'}\n`);
      }
      this.file(`${inner}/bInterfaceNumber`, `0${number}\n`);
      if (driver !== '') this.link(`${inner}/driver`, `sys/drivers/${driver}`);
    }
    this.link(`sys/bus/usb/devices/${port}`, folder);
    this.file(`dev/bus/usb/001/00${port.slice(2)}`);
  }

  /** An entry of a class, hanging on an interface. */
  classEntry(path: string, device: string, uevent: string): void {
    this.file(`sys/${path}/uevent`, uevent);
    this.link(`sys/${path}/device`, `sys/devices/usb/${device}`);
  }

  process(pid: number, program: string, open: string): void {
    this.file(`proc/${pid}/cmdline`, `/usr/sbin/${program}\0--arg\0`);
    this.fileLink(`proc/${pid}/fd/7`, open);
  }
}

interface UsbAbout {
  readonly interfaces: readonly (readonly [interfaceClass: string, driver: string])[];
  readonly more?: Readonly<Record<string, string>>;
}

const noReaders = (): Promise<string[]> =>
  Promise.reject(new TillgateError('TRANSPORT_PACKAGE_MISSING', 'no daemon', { retryable: true }));
const SCANNER_DESCRIPTOR = Uint8Array.of(0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01);
const KEYBOARD_DESCRIPTOR = Uint8Array.of(0x05, 0x01, 0x09, 0x06, 0xa1, 0x01);

void t.test('a machine without any of it is a normal case', async (t) => {
  const { roots } = new Machine(t);
  const scan = await scanPeripherals({ roots, listReaders: noReaders });
  t.same(scan, { candidates: [], troubles: [] });
});

void t.test('serial ports are found by their stable names, phantoms are not', async (t) => {
  const machine = new Machine(t);
  machine.usb('1-1', '0403:6001', {
    interfaces: [['ff/ff/ff', 'ftdi_sio']],
    more: { manufacturer: 'FTDI', product: 'FT232R', serial: 'A50285BI' },
  });
  machine.classEntry('class/tty/ttyUSB0', '1-1/1-1:1.0/ttyUSB0', 'DEVNAME=ttyUSB0\n');
  machine.file('dev/ttyUSB0');
  machine.fileLink('dev/serial/by-path/pci-usb-0:1', 'dev/ttyUSB0');
  machine.fileLink('dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0', 'dev/ttyUSB0');
  machine.file('sys/class/tty/ttyS0/type', '4\n');
  machine.file('dev/ttyS0');
  machine.file('sys/class/tty/ttyS1/type', '0\n');
  machine.file('sys/class/tty/tty1/type', '4\n');
  const { roots } = machine;
  const { candidates, troubles } = await scanPeripherals({ roots, listReaders: noReaders });
  t.same(candidates, [
    { kind: 'serial', address: `serial:${roots.dev}/ttyS0` },
    {
      kind: 'serial',
      address: `serial:${roots.dev}/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0`,
      usb: {
        vendorId: '0403',
        productId: '6001',
        serialNumber: 'A50285BI',
        manufacturer: 'FTDI',
        product: 'FT232R',
        interfaceClass: 'ff/ff/ff',
      },
    },
  ]);
  t.same(troubles, []);
});

void t.test('a printer is the file of its kernel driver, or else the USB device', async (t) => {
  const machine = new Machine(t);
  const printer = (driver: string, serial?: string): UsbAbout => ({
    interfaces: [['07/01/02', driver]],
    more: { product: 'TM-m30', ...(serial === undefined ? {} : { serial }) },
  });
  machine.usb('1-1', '04b8:0e15', printer('usblp', 'X1'));
  machine.classEntry('class/usbmisc/lp0', '1-1/1-1:1.0', 'DEVNAME=usb/lp0\n');
  machine.file('dev/usb/lp0');
  machine.usb('1-2', '04b8:0e15', printer(''));
  machine.usb('1-3', '04b8:0e15', printer(''));
  machine.usb('1-4', '0519:0003', { interfaces: [['ff/00/00', '']] });
  machine.usb('1-5', '0bda:8153', { interfaces: [['ff/ff/00', 'r8152']] });
  const { roots } = machine;
  const { candidates } = await scanPeripherals({ roots, listReaders: noReaders });
  t.same(
    candidates.map(({ address }) => address),
    ['lp:04b8:0e15:X1', 'usb:04b8:0e15@1-2', 'usb:04b8:0e15@1-3', 'usb:0519:0003'],
  );
  const name = { vendorId: '04b8', productId: '0e15', serialNumber: 'X1' };
  t.equal(await deviceFileOf('lp', name, roots), join(roots.dev, 'usb/lp0'));
  t.equal(await deviceFileOf('lp', { ...name, serialNumber: 'X2' }, roots), undefined);
});

void t.test('HID devices are told by their usage, and keyboards are left alone', async (t) => {
  const machine = new Machine(t);
  machine.usb('1-1', '0c2e:0b61', {
    interfaces: [
      ['03/01/01', 'usbhid'],
      ['03/00/00', 'usbhid'],
    ],
    more: { product: 'Voyager' },
  });
  machine.classEntry('class/hidraw/hidraw0', '1-1/1-1:1.0/0003', 'DEVNAME=hidraw0\n');
  machine.file('sys/devices/usb/1-1/1-1:1.0/0003/report_descriptor', KEYBOARD_DESCRIPTOR);
  machine.classEntry('class/hidraw/hidraw1', '1-1/1-1:1.1/0004', 'DEVNAME=hidraw1\n');
  machine.file('sys/devices/usb/1-1/1-1:1.1/0004/report_descriptor', SCANNER_DESCRIPTOR);
  machine.file('dev/hidraw1');
  const { roots } = machine;
  const { candidates } = await scanPeripherals({ roots, listReaders: noReaders });
  t.match(candidates, [
    {
      kind: 'hidraw',
      address: 'hidraw:0c2e:0b61',
      hidUsage: '8c/02',
      usb: { product: 'Voyager', interfaceClass: '03/00/00' },
    },
  ]);
  t.equal(candidates.length, 1);
  const name = { vendorId: '0c2e', productId: '0b61' };
  t.equal(await deviceFileOf('hidraw', name, roots), join(roots.dev, 'hidraw1'));
});

void t.test('a port that the kernel knows and /dev does not have is told', async (t) => {
  const machine = new Machine(t);
  machine.file('sys/class/tty/ttyS0/type', '4\n');
  const { roots } = machine;
  const { troubles } = await scanPeripherals({ roots, listReaders: noReaders });
  t.match(troubles, [{ code: 'TRANSPORT_ABSENT', hint: /--device=/ }]);
});

void t.test('a program that has the port is named, and how to make it let go', async (t) => {
  const machine = new Machine(t);
  machine.file('sys/class/tty/ttyS0/type', '4\n');
  machine.file('dev/ttyS0');
  machine.process(812, 'ModemManager', 'dev/ttyS0');
  machine.usb('1-3', '1a86:7523', { interfaces: [['ff/01/02', 'usbfs']] });
  machine.process(900, 'brltty', 'dev/bus/usb/001/003');
  const { roots } = machine;
  const { troubles } = await scanPeripherals({ roots, listReaders: noReaders });
  t.match(troubles, [
    {
      code: 'TRANSPORT_BUSY',
      address: `serial:${roots.dev}/ttyS0`,
      message: /held by ModemManager \(process 812\)/,
      hint: /udev rules/,
    },
    { code: 'TRANSPORT_BUSY', message: /held by brltty \(process 900\)/, hint: /remove brltty/ },
  ]);
  t.equal(troubles.length, 2, 'one device is told once');
});

void t.test(
  'card readers are named by the daemon; without it only who needs it is told',
  async (t) => {
    const machine = new Machine(t);
    const { roots } = machine;
    const names = ['ACS ACR122U PICC Interface 00 00', 'Twin 00 00', 'Twin 01 00'];
    const listed = await scanPeripherals({ roots, listReaders: () => Promise.resolve(names) });
    t.same(
      listed.candidates.map(({ address }) => address),
      ['pcsc:ACS ACR122U PICC Interface', 'pcsc:Twin 00 00', 'pcsc:Twin 01 00'],
    );
    machine.usb('1-1', '072f:2200', { interfaces: [['0b/00/00', '']] });
    const missing = await scanPeripherals({ roots, listReaders: noReaders });
    t.match(missing, { candidates: [], troubles: [{ code: 'TRANSPORT_PACKAGE_MISSING' }] });
  },
);

void t.test('a report descriptor that is cut says nothing', (t) => {
  t.equal(firstHidUsage(SCANNER_DESCRIPTOR), '8c/02');
  t.equal(firstHidUsage(Uint8Array.of(0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01)), 'ff00/01');
  for (let length = 0; length < SCANNER_DESCRIPTOR.length; length++) {
    t.equal(firstHidUsage(SCANNER_DESCRIPTOR.subarray(0, length)), undefined);
  }
  t.equal(firstHidUsage(Uint8Array.of(0xfe, 1, 2, 3)), undefined);
  t.end();
});
