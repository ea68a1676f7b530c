/** Which `/dev/usb/lp*` or `/dev/hidraw*` belongs to a USB device, whatever number it has today. */
import { join } from 'node:path';
import type { UsbDeviceName } from '../transport/address.ts';
import { firstHidUsage, isEverydayUsage } from './hid-usage.ts';
import { SYSTEM_ROOTS, deviceFile, listFolder, readBytes, usbFolderAbove } from './sysfs.ts';
import type { SystemRoots } from './sysfs.ts';
import { isNamed, readUsbDevice } from './usb-tree.ts';

export const CLASS_FOLDERS = { lp: 'class/usbmisc', hidraw: 'class/hidraw' } as const;

/**
 * Of a device with several, a bar code scanner that is a keyboard as well, the one that is no
 * keyboard; undefined where there is none.
 */
export async function deviceFileOf(
  kind: 'lp' | 'hidraw',
  name: UsbDeviceName,
  roots: SystemRoots = SYSTEM_ROOTS,
): Promise<string | undefined> {
  const folder = join(roots.sys, CLASS_FOLDERS[kind]);
  let everyday: string | undefined;
  for (const entry of await listFolder(folder)) {
    if (!entry.startsWith(kind)) continue;
    const usbFolder = await usbFolderAbove(join(folder, entry));
    const device = usbFolder === undefined ? undefined : await readUsbDevice(usbFolder, roots);
    if (device === undefined || !isNamed(device, name)) continue;
    if (!(await isEveryday(join(folder, entry)))) return deviceFile(join(folder, entry), roots);
    everyday ??= join(folder, entry);
  }
  return everyday === undefined ? undefined : deviceFile(everyday, roots);
}

async function isEveryday(entry: string): Promise<boolean> {
  const descriptor = await readBytes(join(entry, 'device'), 'report_descriptor');
  return descriptor !== undefined && isEverydayUsage(firstHidUsage(descriptor) ?? '');
}
