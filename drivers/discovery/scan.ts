/**
 * `peripheral scan`: what is plugged in, and what stands in its way. Each source that is missing
 * (USB, udev, the PC/SC daemon) is a normal case and makes the list shorter; it is a trouble only
 * where something that needs it is plugged in.
 */
import { isTillgateError } from '../../protocol/errors.ts';
import type { Candidate } from '../driver.ts';
import { formatAddress } from '../transport/address.ts';
import { findPorts } from './candidates.ts';
import { SYSTEM_ROOTS } from './sysfs.ts';
import type { SystemRoots } from './sysfs.ts';
import { hasCardReader, troublesOfPort, troublesOfTree } from './troubles.ts';
import type { Trouble } from './troubles.ts';
import { readUsbTree } from './usb-tree.ts';

export interface Scan {
  readonly candidates: readonly Candidate[];
  readonly troubles: readonly Trouble[];
}

export interface ScanOptions {
  readonly roots?: SystemRoots;
  /** Rejects with `TRANSPORT_PACKAGE_MISSING` where daemon or package is not there. */
  readonly listReaders?: () => Promise<readonly string[]>;
}

export async function scanPeripherals(options: ScanOptions = {}): Promise<Scan> {
  const roots = options.roots ?? SYSTEM_ROOTS;
  const tree = await readUsbTree(roots);
  const ports = await findPorts(roots);
  const readers = await findReaders(options.listReaders ?? listRealReaders, hasCardReader(tree));
  const troubles = await Promise.all([
    ...ports.map((port) => troublesOfPort(port, roots)),
    troublesOfTree(tree, roots),
  ]);
  return {
    candidates: [...ports.map(({ candidate }) => candidate), ...readers.candidates],
    troubles: [...withoutDoubles(troubles.flat()), ...readers.troubles],
  };
}

async function listRealReaders(): Promise<readonly string[]> {
  return (await import('../transport/pcsc-transport.ts')).listReaders();
}

async function findReaders(
  listReaders: () => Promise<readonly string[]>,
  isOnePluggedIn: boolean,
): Promise<Scan> {
  try {
    const names = await listReaders();
    return { candidates: names.map((name) => readerCandidate(name, names)), troubles: [] };
  } catch (error) {
    if (!isTillgateError(error)) throw error;
    const { code, message, hint, retryable: isDaemonMissing } = error;
    // Without a reader nobody misses the daemon; with the daemon a missing package is worth telling.
    const isTold = isOnePluggedIn || !isDaemonMissing;
    return { candidates: [], troubles: isTold ? [{ code, message, hint }] : [] };
  }
}

/** The two numbers at the end follow the order of plugging in: left out where the name is unique. */
function readerCandidate(name: string, all: readonly string[]): Candidate {
  const stem = (text: string): string => text.replace(/( \d\d){1,2}$/, '');
  const isUnique = all.filter((other) => stem(other) === stem(name)).length === 1;
  const reader = isUnique ? stem(name) : name;
  return { kind: 'pcsc', address: formatAddress({ kind: 'pcsc', reader }), readerName: name };
}

/** One device may be told of as a port and as a USB device. */
function withoutDoubles(troubles: readonly Trouble[]): Trouble[] {
  const seen = new Set<string>();
  return troubles.filter(({ code, message }) => {
    const key = `${code} ${/\/dev\/\S+/.exec(message)?.[0] ?? message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
