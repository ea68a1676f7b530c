/** A peripheral as the registry keeps it. */
import type { Candidate } from '../../drivers/driver.ts';
import type { DeviceIdentity } from '../../drivers/session-machine.ts';
import type { Json } from '../../protocol/json/json-value.ts';

/** What it is plugged in as; a serial number finds it again on any port. */
export type PlugFacts = Pick<Candidate, 'kind'> & {
  readonly vendorId?: string;
  readonly productId?: string;
  readonly serialNumber?: string;
};

export interface PeripheralEntry {
  readonly peripheralId: string;
  /** Of the registry of drivers. */
  readonly driver: string;
  readonly address: string;
  /** As they were given; defaults are the driver's own. */
  readonly options: Readonly<Record<string, Json>>;
  readonly plug?: PlugFacts;
  /** What the device said of itself first; another one at the address is not it. */
  readonly identity?: DeviceIdentity;
  readonly addedAt: string;
}

export function plugOf({ kind, usb }: Candidate): PlugFacts | undefined {
  if (usb === undefined) return undefined;
  const { vendorId, productId, serialNumber } = usb;
  return { kind, vendorId, productId, ...(serialNumber !== undefined && { serialNumber }) };
}

/** Could what says `told` be the device that said `known` before? */
export function isSameDevice(known: DeviceIdentity, told: DeviceIdentity): boolean {
  if (known.serialNumber !== undefined && told.serialNumber !== undefined) {
    return known.serialNumber === told.serialNumber;
  }
  const differs = (name: 'maker' | 'model'): boolean =>
    known[name] !== undefined && told[name] !== undefined && known[name] !== told[name];
  return !differs('maker') && !differs('model');
}

/** For people: `EPSON TM-T88V 12345`. */
export function identityText({ maker, model, serialNumber }: DeviceIdentity): string {
  const known = [maker, model, serialNumber].filter((part) => part !== undefined);
  return known.length === 0 ? 'a device without a name' : known.join(' ');
}
