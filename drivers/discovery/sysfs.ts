/**
 * Reading of sysfs, where each attribute is a small file and much of it may be missing: a machine
 * without USB, a container, a device that is just going away. What cannot be read is undefined.
 */
import { readFile, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where the system's trees begin; a test brings its own. */
export interface SystemRoots {
  /** `/sys` */
  readonly sys: string;
  /** `/dev` */
  readonly dev: string;
  /** `/proc` */
  readonly proc: string;
  /** `/etc` */
  readonly etc: string;
}

export const SYSTEM_ROOTS: SystemRoots = { sys: '/sys', dev: '/dev', proc: '/proc', etc: '/etc' };

/** A USB device lies this far above what hangs on it, through hubs' interfaces and HID. */
const STEPS_UP_MAX = 8;
/** Whatever hangs on one machine; a broken tree does not keep us longer. */
const ENTRIES_MAX = 1_000;

export async function readAttribute(folder: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, name), 'utf8')).trim();
  } catch {
    // Not there, or gone since it was listed: both mean that it says nothing.
    return undefined;
  }
}

export async function readBytes(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, name));
  } catch {
    return undefined;
  }
}

/** Names in a folder, sorted; none where there is no such folder. */
export async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort().slice(0, ENTRIES_MAX);
  } catch {
    return [];
  }
}

export async function resolveLink(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

/** The device file of a class entry, under `/dev`: the kernel says it in `uevent`. */
export async function deviceFile(entry: string, roots: SystemRoots): Promise<string | undefined> {
  const name = /^DEVNAME=(.+)$/m.exec((await readAttribute(entry, 'uevent')) ?? '')?.[1];
  return name === undefined ? undefined : join(roots.dev, name.replace(/^\/dev\//, ''));
}

/** The USB device that an entry hangs on: the nearest folder above with an `idVendor`. */
export async function usbFolderAbove(entry: string): Promise<string | undefined> {
  let folder = await resolveLink(join(entry, 'device'));
  for (let step = 0; folder !== undefined && step < STEPS_UP_MAX; step++) {
    if ((await readAttribute(folder, 'idVendor')) !== undefined) return folder;
    folder = folder === dirname(folder) ? undefined : dirname(folder);
  }
  return undefined;
}

/** The USB interface an entry hangs on: the folder between it and the device, such as `1-1:1.0`. */
export async function usbInterfaceAbove(entry: string): Promise<string | undefined> {
  let folder = await resolveLink(join(entry, 'device'));
  for (let step = 0; folder !== undefined && step < STEPS_UP_MAX; step++) {
    if (/^\d+-[\d.]+:\d+\.\d+$/.test(basename(folder))) return folder;
    folder = folder === dirname(folder) ? undefined : dirname(folder);
  }
  return undefined;
}
