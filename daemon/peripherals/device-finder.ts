/**
 * Where a peripheral is now: at its address, or where something with its own serial number is plugged
 * in, or in turn at what looks like it, where the device itself says which one it is. Relies on the
 * caller to compare what the device says.
 */
import type { Candidate } from '../../drivers/driver.ts';
import type { OpenTransport, Transport } from '../../drivers/transport/transport.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { PeripheralEntry } from './peripheral-entry.ts';

export interface Hardware {
  readonly open: OpenTransport;
  /** What is plugged in. */
  readonly discover: () => Promise<readonly Candidate[]>;
}

export interface DeviceFinderOptions extends Hardware {
  /** Another peripheral is there. */
  readonly isTaken: (address: string) => boolean;
}

export class DeviceFinder {
  readonly #options: DeviceFinderOptions;
  #tries = 0;
  /** The device at the address was another one. */
  #isAddressWrong = false;

  constructor(options: DeviceFinderOptions) {
    this.#options = options;
  }

  /** Rejects as `OpenTransport` does, about the peripheral's own address. */
  async open(entry: PeripheralEntry, signal: AbortSignal): Promise<Transport> {
    const { open } = this.#options;
    let absent: unknown;
    if (!this.#isAddressWrong) {
      try {
        return await open(entry.address, { signal });
      } catch (error) {
        if (!isTillgateError(error, 'TRANSPORT_ABSENT')) throw error;
        absent = error;
      }
    }
    const elsewhere = await this.#elsewhere(entry);
    if (elsewhere !== undefined) return open(elsewhere.address, { signal });
    // The right one may be back at its place.
    this.#isAddressWrong = false;
    if (absent !== undefined) throw absent as Error;
    return open(entry.address, { signal });
  }

  /** What was opened at `address` is another device. */
  wasWrong(address: string, entry: PeripheralEntry): void {
    if (address === entry.address) this.#isAddressWrong = true;
  }

  async #elsewhere(entry: PeripheralEntry): Promise<Candidate | undefined> {
    const { plug, identity } = entry;
    if (plug?.vendorId === undefined) return undefined;
    const candidates = await this.#options.discover();
    const alike = candidates.filter(({ kind, usb, address }) => {
      const isKind = kind === plug.kind && usb?.vendorId === plug.vendorId;
      const isModel = usb?.productId === plug.productId && address !== entry.address;
      return isKind && isModel && !this.#options.isTaken(address);
    });
    if (plug.serialNumber !== undefined) {
      return alike.find(({ usb }) => usb?.serialNumber === plug.serialNumber);
    }
    // Only a device that names itself can be told from another of its model.
    if (identity?.serialNumber === undefined || alike.length === 0) return undefined;
    this.#tries += 1;
    return alike[this.#tries % alike.length];
  }
}
