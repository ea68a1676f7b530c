/**
 * What keeps a peripheral from working although it is plugged in, each as a sentence with the next
 * step: permissions, a program that has the port, a service or package that is missing. Looks only;
 * nothing is opened.
 */
import { access, constants, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorCode } from '../../protocol/errors.ts';
import { nameHolders, portHolders } from '../transport/port-holders.ts';
import type { PortHolder } from '../transport/port-holders.ts';
import type { FoundPort } from './candidates.ts';
import type { SystemRoots } from './sysfs.ts';
import type { UsbDeviceNode } from './usb-tree.ts';

export interface Trouble {
  readonly code: ErrorCode;
  /** Of the candidate it is about, where there is one. */
  readonly address?: string;
  readonly message: string;
  /** The next step. */
  readonly hint: string;
}

/** Programs known for taking ports that are not theirs, and what makes them let go. */
const GRABBERS: readonly { readonly name: RegExp; readonly hint: string }[] = [
  {
    name: /ModemManager/,
    hint: 'It takes serial ports for modems. Install the udev rules (`tillgate peripheral scan --udev-rules`) and plug the device in again, or `systemctl disable --now ModemManager`.',
  },
  {
    name: /brltty/,
    hint: 'It takes USB-serial adapters for Braille displays: `apt-get remove brltty`, then plug the device in again.',
  },
  {
    name: /cups|^usb$/,
    hint: 'The printer is a queue of CUPS: remove it with `lpadmin -x QUEUE`, so that the gateway alone prints on it.',
  },
  {
    name: /pcscd/,
    hint: 'The PC/SC daemon has this reader: add it by its reader name (`pcsc:…`).',
  },
];

const HINT_RULES =
  'Install the udev rules (`tillgate peripheral scan --udev-rules`), then plug it in again.';
const CLASS_SMART_CARD = '0b/';

export async function troublesOfPort(
  { candidate, file }: FoundPort,
  roots: SystemRoots,
): Promise<Trouble[]> {
  const { address } = candidate;
  const denied = await deniedTrouble(address, file, roots);
  const holders = (await portHolders(file, roots.proc)).filter(({ pid }) => pid !== process.pid);
  const held = holders.length === 0 ? [] : [heldTrouble(address, file, holders)];
  return [...denied, ...held];
}

async function deniedTrouble(
  address: string,
  file: string,
  roots: SystemRoots,
): Promise<Trouble[]> {
  try {
    await access(file, constants.R_OK | constants.W_OK);
    return [];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return [missingFile(address, file)];
    const group = await groupOf(file, roots);
    return [
      {
        code: 'TRANSPORT_DENIED',
        address,
        message: `${address}: ${file} may not be opened by this user${group === undefined ? '' : `; the group ${group} may`}.`,
        hint: `${HINT_RULES}${group === undefined ? '' : ` A person in the group may as well: \`usermod -aG ${group} USER\`.`}`,
      },
    ];
  }
}

/** A container that was given sysfs and not the device. */
function missingFile(address: string, file: string): Trouble {
  return {
    code: 'TRANSPORT_ABSENT',
    address,
    message: `${address}: the kernel knows the device, and ${file} is not there.`,
    hint: `In a container, hand it in: \`docker run --device=${file} …\`; else look whether udev runs.`,
  };
}

function heldTrouble(address: string, file: string, holders: readonly PortHolder[]): Trouble {
  const known = GRABBERS.find(({ name }) => holders.some(({ program }) => name.test(program)));
  return {
    code: 'TRANSPORT_BUSY',
    address,
    message: `${address}: ${file} is held by ${nameHolders(holders)}.`,
    hint: known?.hint ?? 'That is fine if it is the gateway itself; else stop it, and scan again.',
  };
}

/** Devices that never become a candidate because something has them or is missing. */
export async function troublesOfTree(
  tree: readonly UsbDeviceNode[],
  roots: SystemRoots,
): Promise<Trouble[]> {
  const grabbed = await Promise.all(tree.map((device) => grabbedTrouble(device, roots)));
  return grabbed.flat();
}

export function hasCardReader(tree: readonly UsbDeviceNode[]): boolean {
  return tree.some((device) =>
    device.interfaces.some(({ interfaceClass }) => interfaceClass.startsWith(CLASS_SMART_CARD)),
  );
}

/** `usbfs` in the place of a driver: a program has the device, and the kernel's port for it is gone. */
async function grabbedTrouble(device: UsbDeviceNode, roots: SystemRoots): Promise<Trouble[]> {
  const taken = device.interfaces.filter(({ kernelDriver }) => kernelDriver === 'usbfs');
  const isForCards = taken.some((node) => node.interfaceClass.startsWith(CLASS_SMART_CARD));
  if (taken.length === 0 || isForCards) return [];
  const holders = (await portHolders(device.file, roots.proc)).filter(
    ({ pid }) => pid !== process.pid,
  );
  const name = device.product ?? `${device.vendorId}:${device.productId}`;
  return [heldTrouble(`USB device ${name}`, device.file, holders)];
}

async function groupOf(file: string, roots: SystemRoots): Promise<string | undefined> {
  try {
    const { gid } = await stat(file);
    const groups = await readFile(join(roots.etc, 'group'), 'utf8');
    const line = groups.split('\n').find((text) => text.split(':')[2] === String(gid));
    return line?.split(':')[0] ?? String(gid);
  } catch {
    // Without the name the sentence is shorter.
    return undefined;
  }
}
