/** The USB devices of the machine as sysfs lists them, with their interfaces and who drives each. */
import { basename, join } from 'node:path';
import type { UsbDeviceName } from '../transport/address.ts';
import { listFolder, readAttribute, resolveLink } from './sysfs.ts';
import type { SystemRoots } from './sysfs.ts';

export interface UsbInterfaceNode {
  readonly number: number;
  /** `07/01/02`, as in `Candidate`. */
  readonly interfaceClass: string;
  /** The kernel's driver that has it: `usblp`, `usbhid`, `ftdi_sio`. */
  readonly kernelDriver?: string;
}

export interface UsbDeviceNode {
  /** Bus and ports, as the folder is called: `3-1.2`. */
  readonly portPath: string;
  readonly vendorId: string;
  readonly productId: string;
  readonly serialNumber?: string;
  readonly manufacturer?: string;
  readonly product?: string;
  /** `09` is a hub. */
  readonly deviceClass: string;
  /** `/dev/bus/usb/003/007` */
  readonly file: string;
  readonly interfaces: readonly UsbInterfaceNode[];
}

export async function readUsbTree(roots: SystemRoots): Promise<UsbDeviceNode[]> {
  const folder = join(roots.sys, 'bus/usb/devices');
  const names = (await listFolder(folder)).filter((name) => /^\d+-\d+(\.\d+)*$/.test(name));
  const devices = await Promise.all(names.map((name) => readUsbDevice(join(folder, name), roots)));
  return devices.filter((device) => device !== undefined);
}

/** One device from its folder; undefined while it is just going away. */
export async function readUsbDevice(
  folder: string,
  roots: SystemRoots,
): Promise<UsbDeviceNode | undefined> {
  const read = (name: string): Promise<string | undefined> => readAttribute(folder, name);
  const [vendorId, productId] = [await read('idVendor'), await read('idProduct')];
  if (vendorId === undefined || productId === undefined) return undefined;
  const bus = ((await read('busnum')) ?? '').padStart(3, '0');
  const number = ((await read('devnum')) ?? '').padStart(3, '0');
  return {
    portPath: basename(folder),
    vendorId: vendorId.toLowerCase(),
    productId: productId.toLowerCase(),
    ...named('serialNumber', await read('serial')),
    ...named('manufacturer', await read('manufacturer')),
    ...named('product', await read('product')),
    deviceClass: (await read('bDeviceClass')) ?? '00',
    file: join(roots.dev, 'bus/usb', bus, number),
    interfaces: await readInterfaces(folder),
  };
}

/** Names a device so that it is found again: by number where it has one, else by its port. */
export function stableName(device: UsbDeviceNode, all: readonly UsbDeviceNode[]): UsbDeviceName {
  const { vendorId, productId, serialNumber, portPath } = device;
  const alike = all.filter((other) => other.vendorId === vendorId && other.productId === productId);
  const isTheOnlyNumber = alike.filter((other) => other.serialNumber === serialNumber).length === 1;
  if (serialNumber !== undefined && isTheOnlyNumber) return { vendorId, productId, serialNumber };
  return alike.length === 1 ? { vendorId, productId } : { vendorId, productId, portPath };
}

export function isNamed(device: UsbDeviceNode, name: UsbDeviceName): boolean {
  return (
    device.vendorId === name.vendorId &&
    device.productId === name.productId &&
    (name.serialNumber === undefined || device.serialNumber === name.serialNumber) &&
    (name.portPath === undefined || device.portPath === name.portPath)
  );
}

async function readInterfaces(folder: string): Promise<UsbInterfaceNode[]> {
  const names = (await listFolder(folder)).filter((name) => /^\d+-[\d.]+:\d+\.\d+$/.test(name));
  return Promise.all(names.map((name) => readInterface(join(folder, name))));
}

async function readInterface(folder: string): Promise<UsbInterfaceNode> {
  const read = async (name: string): Promise<string> =>
    ((await readAttribute(folder, name)) ?? '00').toLowerCase();
  const driver = await resolveLink(join(folder, 'driver'));
  const parts = ['bInterfaceClass', 'bInterfaceSubClass', 'bInterfaceProtocol'].map(read);
  return {
    number: parseInt(await read('bInterfaceNumber'), 16),
    interfaceClass: (await Promise.all(parts)).join('/'),
    ...named('kernelDriver', driver === undefined ? undefined : basename(driver)),
  };
}

function named<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: value } as Record<K, string>);
}
