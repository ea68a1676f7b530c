/** Which `/dev/usb/lp*` or `/dev/hidraw*` belongs to a USB device, whatever number it has today. */
import { join } from 'node:path';
import type { UsbDeviceName } from '../transport/address.ts';
import { SYSTEM_ROOTS, deviceFile, listFolder, usbFolderAbove } from './sysfs.ts';
import type { SystemRoots } from './sysfs.ts';
import { isNamed, readUsbDevice } from './usb-tree.ts';

export const CLASS_FOLDERS = { lp: 'class/usbmisc', hidraw: 'class/hidraw' } as const;

/** The first of them, for a device with several; undefined where there is none. */
export async function deviceFileOf(
  kind: 'lp' | 'hidraw',
  name: UsbDeviceName,
  roots: SystemRoots = SYSTEM_ROOTS,
): Promise<string | undefined> {
  const folder = join(roots.sys, CLASS_FOLDERS[kind]);
  for (const entry of await listFolder(folder)) {
    if (!entry.startsWith(kind)) continue;
    const usbFolder = await usbFolderAbove(join(folder, entry));
    const device = usbFolder === undefined ? undefined : await readUsbDevice(usbFolder, roots);
    if (device !== undefined && isNamed(device, name))
      return deviceFile(join(folder, entry), roots);
  }
  return undefined;
}
