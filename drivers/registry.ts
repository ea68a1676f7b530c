/** Every driver there is. A new one is one folder and one line here. */
import { TillgateError } from '../protocol/errors.ts';
import { printerDrawer } from './cash-drawer/printer-drawer.ts';
import { serialDrawer } from './cash-drawer/serial-drawer.ts';
import type { DriverDefinition } from './driver.ts';
import { escposPrinter } from './pos-printer/driver.ts';
import { pcscRfidDriver } from './rfid-scanner/pcsc-rfid-driver.ts';
import { SCALE_DRIVERS } from './scale/scale-drivers.ts';
import { SCANNER_DRIVERS } from './scanner/scanner-drivers.ts';

export const DRIVERS: readonly DriverDefinition[] = [
  pcscRfidDriver,
  escposPrinter,
  printerDrawer,
  serialDrawer,
  ...SCANNER_DRIVERS,
  ...SCALE_DRIVERS,
];

/** Throws `DRIVER_UNKNOWN`, with the names there are. */
export function driverNamed(id: string): DriverDefinition {
  const driver = DRIVERS.find((known) => known.id === id);
  if (driver !== undefined) return driver;
  const names = DRIVERS.map((known) => known.id).join(', ');
  throw new TillgateError(
    'DRIVER_UNKNOWN',
    `There is no driver ${JSON.stringify(id)}; there are: ${names}.`,
  );
}
