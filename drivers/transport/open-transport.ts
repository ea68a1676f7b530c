/**
 * Opens whatever an address names. Each kind of port is loaded when the first of it is opened, so
 * that a gateway without peripherals loads none of them. See transport.ts for what it promises.
 */
import { stat } from 'node:fs/promises';
import { TillgateError } from '../../protocol/errors.ts';
import { formatAddress, parseAddress } from './address.ts';
import type { Address } from './address.ts';
import type { OpenOptions, OpenTransport, Transport } from './transport.ts';

export const openTransport: OpenTransport = async (text, options = {}) => {
  const address = parseAddress(text);
  if (isAborted(options)) throw calledOff(address);
  const transport = await openKind(address, options);
  if (!isAborted(options)) return transport;
  await transport.close();
  throw calledOff(address);
};

async function openKind(address: Address, options: OpenOptions): Promise<Transport> {
  switch (address.kind) {
    case 'serial':
      return (await import('./serial-transport.ts')).openSerial(address, options);
    case 'tcp':
      return (await import('./tcp-transport.ts')).openTcp(address, options);
    case 'usb':
      return (await import('./usb-transport.ts')).openUsb(address);
    case 'lp':
    case 'hidraw':
      return openFile(address);
    case 'pcsc':
      return (await import('./pcsc-transport.ts')).openPcsc(address);
    case 'printer':
      throw new TillgateError(
        'TRANSPORT_ADDRESS',
        `${formatAddress(address)} is a connector of a printer: only the gateway that drives the printer can open it.`,
      );
  }
}

async function openFile(address: Extract<Address, { kind: 'lp' | 'hidraw' }>): Promise<Transport> {
  const text = formatAddress(address);
  const { kind } = address;
  const path = 'path' in address ? address.path : await fileOfUsbDevice(address);
  if (kind === 'hidraw' && (await isSocket(path))) {
    return (await import('./packet-socket.ts')).openPacketSocket({ address: text, path });
  }
  return (await import('./device-file-transport.ts')).openDeviceFile({ kind, address: text, path });
}

async function fileOfUsbDevice(
  address: Extract<Address, { kind: 'lp' | 'hidraw'; usb: object }>,
): Promise<string> {
  const { deviceFileOf } = await import('../discovery/usb-files.ts');
  const path = await deviceFileOf(address.kind, address.usb);
  if (path !== undefined) return path;
  const message = `Nothing is connected at ${formatAddress(address)}.`;
  throw new TillgateError('TRANSPORT_ABSENT', message, { retryable: true });
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    // Opening it will say what is wrong with it.
    return false;
  }
}

function calledOff(address: Address): TillgateError {
  return new TillgateError('TRANSPORT_CLOSED', `${formatAddress(address)} is not wanted any more.`);
}

function isAborted(options: OpenOptions): boolean {
  return options.signal?.aborted ?? false;
}
