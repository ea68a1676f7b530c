/**
 * A USB device without a driver of the kernel in between, by the package `usb`: its printer
 * interface (class 07), or where it has none the first one of the maker's own class, with a bulk
 * endpoint out and usually one back. A kernel driver that has the interface is detached, where that
 * is permitted, and put back at the end.
 *
 * Each transfer is one packet, so that one which is cancelled was either taken whole or not at all:
 * it is asked for again, and a printer without paper is waited for without a byte lost or doubled.
 * (The package's own default, one second for any number of bytes, would print a part twice.) The
 * package cannot cancel a transfer, so none may last: the port is free only when the last one is over.
 * A machine without USB is one where the device is absent.
 */
import { join } from 'node:path';
import { passing, systemSchedule } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { formatAddress } from './address.ts';
import type { Address } from './address.ts';
import { OpenPort } from './open-port.ts';
import { watchPresence } from './presence-watch.ts';
import { endOf, openFailure, unplugged } from './transport-failures.ts';
import type { Transport } from './transport.ts';
import { choosePrinterPipe } from './usb-pipe.ts';
import type { NativeUsbDevice, UsbPipe } from './usb-pipe.ts';

/** How long closing may have to wait for a device that says nothing. */
const TRANSFER_IN_WAIT_MS = 250;
/** The same for one that takes nothing; each cancelled packet costs a little, so not too often. */
const TRANSFER_OUT_WAIT_MS = 2_500;
/** A device that answers with nothing at once is asked again a little later. */
const EMPTY_WAIT_MS = 10;
/** A stalled endpoint is cleared; one that stalls again and again is broken. */
const STALLS_MAX = 8;

type UsbAddress = Extract<Address, { kind: 'usb' }>;

export async function openUsb(
  address: UsbAddress,
  options: { readonly schedule?: Schedule; readonly devFolder?: string } = {},
): Promise<Transport> {
  const text = formatAddress(address);
  const device = await findDevice(text, address);
  const file = deviceFileOf(device, options.devFolder ?? '/dev/bus/usb');
  const pipe = await claimed(text, device, file);
  return new UsbTransport(text, pipe, { file, schedule: options.schedule ?? systemSchedule });
}

async function findDevice(text: string, address: UsbAddress): Promise<NativeUsbDevice> {
  const { usb } = await import('usb').catch((error: unknown) => {
    throw new TillgateError(
      'TRANSPORT_PACKAGE_MISSING',
      'The package usb cannot be loaded on this machine.',
      { cause: error, hint: 'Install it again with `npm install usb`, then start again.' },
    );
  });
  let devices: readonly NativeUsbDevice[];
  try {
    devices = (await usb.getDevices()) as unknown as readonly NativeUsbDevice[];
  } catch (error) {
    const message = `Nothing is connected at ${text}: this machine shows no USB.`;
    throw new TillgateError('TRANSPORT_ABSENT', message, { cause: error, retryable: true });
  }
  const found = devices.find((device) => isMeant(device, address));
  if (found !== undefined) return found;
  const message = `Nothing is connected at ${text}.`;
  throw new TillgateError('TRANSPORT_ABSENT', message, { retryable: true });
}

function isMeant(device: NativeUsbDevice, address: UsbAddress): boolean {
  const portPath = `${Number(device.bus)}-${device.ports.join('.')}`;
  return (
    device.vendorId === parseInt(address.vendorId, 16) &&
    device.productId === parseInt(address.productId, 16) &&
    (address.serialNumber === undefined || device.serialNumber === address.serialNumber) &&
    (address.portPath === undefined || portPath === address.portPath)
  );
}

function deviceFileOf(device: NativeUsbDevice, folder: string): string {
  const digits = (number: number): string => String(number).padStart(3, '0');
  return join(folder, digits(Number(device.bus)), digits(device.address));
}

async function claimed(text: string, device: NativeUsbDevice, file: string): Promise<UsbPipe> {
  let isOpen = false;
  try {
    await device.open();
    isOpen = true;
    const pipe = choosePrinterPipe(device);
    if (pipe === undefined) {
      const message = `${text} has no interface of a printer or of its maker's own with a pipe out.`;
      throw new TillgateError('TRANSPORT_FAULT', message);
    }
    const hadKernelDriver = await detached(device, pipe.interfaceNumber);
    await device.claimInterface(pipe.interfaceNumber);
    if (pipe.alternateSetting !== 0) {
      await device.selectAlternateInterface(pipe.interfaceNumber, pipe.alternateSetting);
    }
    return { ...pipe, hadKernelDriver };
  } catch (error) {
    if (isOpen) await device.close().catch(() => undefined);
    throw await openFailure(text, error, file);
  }
}

async function detached(device: NativeUsbDevice, interfaceNumber: number): Promise<boolean> {
  try {
    await device.detachKernelDriver(interfaceNumber);
    return true;
  } catch {
    // None has it, or it may not be taken away: then claiming says that it is busy.
    return false;
  }
}

class UsbTransport extends OpenPort {
  readonly #pipe: UsbPipe;
  readonly #schedule: Schedule;
  /** What is under way; both end soon after the port is over. */
  #reading: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();

  constructor(
    address: string,
    pipe: UsbPipe,
    around: { readonly file: string; readonly schedule: Schedule },
  ) {
    super(
      address,
      {
        write: (bytes) => (this.#writing = this.#writeAll(bytes)),
        release: async () => {
          stopWatching();
          await Promise.allSettled([this.#reading, this.#writing]);
          await freed(pipe);
        },
      },
      around.schedule,
    );
    this.#pipe = pipe;
    this.#schedule = around.schedule;
    const stopWatching = watchPresence(
      around.file,
      () => this.finish(unplugged(address, 'the kernel took its device file away')),
      around.schedule,
    );
    if (pipe.endpointIn !== undefined) this.#reading = this.#readOn(pipe.endpointIn);
  }

  async #readOn(endpoint: number): Promise<void> {
    let stalls = 0;
    while (!this.isOver) {
      try {
        const { device, packetInBytes } = this.#pipe;
        const answer = await device.transferIn(endpoint, packetInBytes, TRANSFER_IN_WAIT_MS);
        if (answer.status === 'stall') {
          if (++stalls > STALLS_MAX) throw stalledFor(this.address);
          await device.clearHalt('in', endpoint);
          continue;
        }
        stalls = 0;
        const bytes = new Uint8Array(answer.data?.buffer ?? new ArrayBuffer(0));
        if (bytes.length === 0) await passing(this.#schedule, EMPTY_WAIT_MS);
        else this.received(bytes);
      } catch (error) {
        if (!wasCancelled(error)) this.finish(endOf(this.address, error));
      }
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const size = this.#pipe.packetOutBytes;
    let at = 0;
    while (at < bytes.length && !this.isOver) {
      at += await this.#writePacket(bytes.slice(at, at + size));
    }
  }

  /** How many bytes were taken: all, or none in this time. */
  async #writePacket(packet: Uint8Array): Promise<number> {
    const { device, endpointOut } = this.#pipe;
    try {
      const { status, bytesWritten } = await device.transferOut(
        endpointOut,
        packet,
        TRANSFER_OUT_WAIT_MS,
      );
      if (status !== 'ok' || bytesWritten !== packet.length) throw stalledFor(this.address);
      return bytesWritten;
    } catch (error) {
      if (wasCancelled(error)) return 0;
      throw error;
    }
  }
}

/** The package tells a transfer that ran out of time by these words alone. */
function wasCancelled(error: unknown): boolean {
  return error instanceof Error && /cancelled/i.test(error.message);
}

async function freed(pipe: UsbPipe): Promise<void> {
  const { device, interfaceNumber } = pipe;
  // A device that was pulled out is free already: each step may fail, and the next is still tried.
  await device.releaseInterface(interfaceNumber).catch(() => undefined);
  if (pipe.hadKernelDriver) await device.attachKernelDriver(interfaceNumber).catch(() => undefined);
  await device.close().catch(() => undefined);
}

function stalledFor(address: string): TillgateError {
  return new TillgateError('TRANSPORT_FAULT', `${address} refuses to take or give bytes (stall).`, {
    retryable: true,
  });
}
