/**
 * What the gateway needs as soon as it has a peripheral, and not a byte of it before: the drivers, the
 * ways to ports, what is plugged in, and the receipts out of the log.
 */
import type { Candidate } from '../../drivers/driver.ts';
import { scanPeripherals } from '../../drivers/discovery/scan.ts';
import { driverNamed } from '../../drivers/registry.ts';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import type { Hardware } from './device-finder.ts';
import { ReceiptJobs, type ReceiptJobsOptions } from './receipt-jobs.ts';
import type { PeripheralTools } from './start-peripherals.ts';

export function peripheralTools(receipts: ReceiptJobsOptions): PeripheralTools {
  return { driverNamed, hardware: MACHINE, receipts: new ReceiptJobs(receipts) };
}

const MACHINE: Hardware = {
  open: openTransport,
  // Card readers are named by their address alone, and listing them starts a process.
  discover: async (): Promise<readonly Candidate[]> =>
    (await scanPeripherals({ listReaders: () => Promise.resolve([]) })).candidates,
};
