/**
 * What is plugged in, each with the address that stays the same, from sysfs and /dev alone: neither
 * udevadm nor a library has to be there, and a machine without USB simply has less. Where the kernel
 * has a printer as `/dev/usb/lp*` that file is named, else the USB device itself.
 */
import { basename, join } from 'node:path';
import type { Candidate } from '../driver.ts';
import { formatAddress } from '../transport/address.ts';
import { firstHidUsage, isEverydayUsage } from './hid-usage.ts';
import {
  deviceFile,
  listFolder,
  readAttribute,
  readBytes,
  resolveLink,
  usbFolderAbove,
  usbInterfaceAbove,
} from './sysfs.ts';
import type { SystemRoots } from './sysfs.ts';
import { CLASS_FOLDERS } from './usb-files.ts';
import { readUsbTree, stableName } from './usb-tree.ts';
import type { UsbDeviceNode, UsbInterfaceNode } from './usb-tree.ts';

/** A candidate and the file whose permissions decide whether it can be opened. */
export interface FoundPort {
  readonly candidate: Candidate;
  readonly file: string;
}

/** Serial ports that may have something at their other end; consoles and terminals do not. */
const SERIAL_NAME = /^tty(USB|ACM|S|AMA|XRUSB)\d+$/;
/** The kernel lists 32 ports of the PC's own kind, and says 0 for those that are not there. */
const NO_UART = '0';
const CLASS_PRINTER = '07/';
const CLASS_OF_MAKER = 'ff/';

export async function findPorts(roots: SystemRoots): Promise<FoundPort[]> {
  const tree = await readUsbTree(roots);
  const found = await Promise.all([
    serialPorts(roots, tree),
    printerFiles(roots, tree),
    Promise.resolve(printerDevices(tree)),
    hidDevices(roots, tree),
  ]);
  return found.flat();
}

async function serialPorts(
  roots: SystemRoots,
  tree: readonly UsbDeviceNode[],
): Promise<FoundPort[]> {
  const links = await stableLinks(roots);
  const folder = join(roots.sys, 'class/tty');
  const ports: FoundPort[] = [];
  for (const name of await listFolder(folder)) {
    if (!SERIAL_NAME.test(name)) continue;
    const entry = join(folder, name);
    if ((await readAttribute(entry, 'type')) === NO_UART) continue;
    const file = join(roots.dev, name);
    const path = links.get(file) ?? file;
    const usb = await describeUsb(entry, tree);
    const address = formatAddress({ kind: 'serial', path, line: {} });
    ports.push({ candidate: { kind: 'serial', address, ...usb }, file });
  }
  return ports;
}

/** Device file → the link that udev made for it: by number before by place. */
async function stableLinks(roots: SystemRoots): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const kind of ['by-path', 'by-id']) {
    const folder = join(roots.dev, 'serial', kind);
    for (const name of await listFolder(folder)) {
      const target = await resolveLink(join(folder, name));
      if (target !== undefined) links.set(join(roots.dev, basename(target)), join(folder, name));
    }
  }
  return links;
}

async function printerFiles(
  roots: SystemRoots,
  tree: readonly UsbDeviceNode[],
): Promise<FoundPort[]> {
  const folder = join(roots.sys, CLASS_FOLDERS.lp);
  const ports: FoundPort[] = [];
  for (const name of await listFolder(folder)) {
    if (!/^lp\d+$/.test(name)) continue;
    const entry = join(folder, name);
    const file = await deviceFile(entry, roots);
    if (file === undefined) continue;
    const device = await deviceAbove(entry, tree);
    const address = formatAddress(
      device === undefined
        ? { kind: 'lp', path: file }
        : { kind: 'lp', usb: stableName(device, tree) },
    );
    const usb = await describeUsb(entry, tree);
    ports.push({ candidate: { kind: 'lp', address, ...usb }, file });
  }
  return ports;
}

/** Printers that no driver of the kernel has, and devices of their maker's own class. */
function printerDevices(tree: readonly UsbDeviceNode[]): FoundPort[] {
  return tree.flatMap((device) => {
    const free = device.interfaces.filter(({ kernelDriver }) => kernelDriver !== 'usblp');
    const pipe =
      free.find(({ interfaceClass }) => interfaceClass.startsWith(CLASS_PRINTER)) ??
      free.find((node) => node.interfaceClass.startsWith(CLASS_OF_MAKER) && isFree(node));
    if (pipe === undefined || free.length < device.interfaces.length) return [];
    const address = formatAddress({ kind: 'usb', ...stableName(device, tree) });
    const candidate: Candidate = { kind: 'usb', address, usb: usbOf(device, pipe) };
    return [{ candidate, file: device.file }];
  });
}

/** `usbfs` means that a program has it, which is a trouble to be named and no other device. */
function isFree({ kernelDriver }: UsbInterfaceNode): boolean {
  return kernelDriver === undefined || kernelDriver === 'usbfs';
}

async function hidDevices(
  roots: SystemRoots,
  tree: readonly UsbDeviceNode[],
): Promise<FoundPort[]> {
  const folder = join(roots.sys, CLASS_FOLDERS.hidraw);
  const ports: FoundPort[] = [];
  for (const name of await listFolder(folder)) {
    const entry = join(folder, name);
    const descriptor = await readBytes(join(entry, 'device'), 'report_descriptor');
    const hidUsage = descriptor === undefined ? undefined : firstHidUsage(descriptor);
    if (hidUsage === undefined || isEverydayUsage(hidUsage)) continue;
    const file = (await deviceFile(entry, roots)) ?? join(roots.dev, name);
    const device = await deviceAbove(entry, tree);
    const address = formatAddress(
      device === undefined
        ? { kind: 'hidraw', path: file }
        : { kind: 'hidraw', usb: stableName(device, tree) },
    );
    const usb = await describeUsb(entry, tree);
    ports.push({ candidate: { kind: 'hidraw', address, hidUsage, ...usb }, file });
  }
  return ports;
}

async function deviceAbove(
  entry: string,
  tree: readonly UsbDeviceNode[],
): Promise<UsbDeviceNode | undefined> {
  const folder = await usbFolderAbove(entry);
  return folder === undefined
    ? undefined
    : tree.find(({ portPath }) => portPath === basename(folder));
}

async function describeUsb(
  entry: string,
  tree: readonly UsbDeviceNode[],
): Promise<Pick<Candidate, 'usb'>> {
  const device = await deviceAbove(entry, tree);
  if (device === undefined) return {};
  const folder = await usbInterfaceAbove(entry);
  const number = folder === undefined ? NaN : Number(/\.(\d+)$/.exec(folder)?.[1]);
  return {
    usb: usbOf(
      device,
      device.interfaces.find((node) => node.number === number),
    ),
  };
}

function usbOf(
  device: UsbDeviceNode,
  pipe: UsbInterfaceNode | undefined,
): NonNullable<Candidate['usb']> {
  const { vendorId, productId, serialNumber, manufacturer, product } = device;
  return {
    vendorId,
    productId,
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(manufacturer === undefined ? {} : { manufacturer }),
    ...(product === undefined ? {} : { product }),
    ...(pipe === undefined ? {} : { interfaceClass: pipe.interfaceClass }),
  };
}
