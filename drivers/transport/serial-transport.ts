/**
 * A serial port, by the package `serialport`: exclusive (its lock is refused to a second opener),
 * raw, with the line of the address before the driver's before 9600 8N1.
 *
 * Modem lines are asked for gently and only once somebody listens. A port without them (a
 * pseudo-terminal, some adapters) is no fault: it never tells any. Bytes that the kernel took count
 * as written; waiting for the last stop bit would hang on a device that holds its line.
 */
import type { SerialPort } from 'serialport';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { SerialLine } from '../driver.ts';
import { formatAddress } from './address.ts';
import type { Address } from './address.ts';
import { OpenPort } from './open-port.ts';
import { watchPresence } from './presence-watch.ts';
import { endOf, openFailure, unplugged } from './transport-failures.ts';
import type { ControlLines, Transport } from './transport.ts';

/** A drawer's switch is read by these lines; nobody sees it faster, and a query costs an ioctl. */
const LINES_EVERY_MS = 200;
const LINE_OF_LAST_RESORT: SerialLine = {
  baudRate: 9600,
  dataBits: 8,
  parity: 'none',
  stopBits: 1,
};

type SerialAddress = Extract<Address, { kind: 'serial' }>;

export async function openSerial(
  address: SerialAddress,
  options: { readonly line?: SerialLine; readonly schedule?: Schedule } = {},
): Promise<Transport> {
  const text = formatAddress(address);
  const line = { ...LINE_OF_LAST_RESORT, ...options.line, ...address.line };
  const port = await openNative(text, address.path, line);
  return new SerialTransport(text, port, options.schedule ?? systemSchedule);
}

async function openNative(text: string, path: string, line: SerialLine): Promise<SerialPort> {
  const { SerialPort: Native } = await import('serialport').catch((error: unknown) => {
    throw new TillgateError(
      'TRANSPORT_PACKAGE_MISSING',
      'The package serialport cannot be loaded on this machine.',
      { cause: error, hint: 'Install it again with `npm install serialport`, then start again.' },
    );
  });
  try {
    return await new Promise<SerialPort>((resolve, reject) => {
      const port: SerialPort = new Native({ path, ...line }, (error) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
  } catch (error) {
    throw await openFailure(text, error, path);
  }
}

/** Over a port that is open already. */
export class SerialTransport extends OpenPort {
  readonly #port: SerialPort;
  readonly #schedule: Schedule;
  #stopAsking: () => void = () => undefined;

  constructor(address: string, port: SerialPort, schedule: Schedule) {
    super(
      address,
      {
        write: (bytes) => writeTo(port, bytes),
        release: () => {
          stopWatching();
          this.#stopAsking();
          return closePort(port);
        },
      },
      schedule,
    );
    this.#port = port;
    this.#schedule = schedule;
    const stopWatching = watchPresence(
      port.path,
      () => this.finish(unplugged(address, 'its device file is gone')),
      schedule,
    );
    port.on('data', (bytes: Uint8Array) => this.received(bytes));
    port.on('error', (error: Error) => this.finish(endOf(address, error)));
    // Our own close comes after the end was told and changes nothing.
    port.on('close', (error?: Error | null) =>
      this.finish(unplugged(address, error?.message ?? 'the port was closed', error)),
    );
  }

  onLines(listener: (lines: ControlLines) => void): void {
    let last = '';
    const ask = (): void => {
      if (this.isOver) return;
      this.#port.get((error, status) => {
        // Without modem lines there is nothing to tell, now or later.
        if (error !== null || status === undefined || this.isOver) return;
        const { cts, dsr, dcd } = status;
        const seen = `${cts} ${dsr} ${dcd}`;
        if (seen !== last) listener({ cts, dsr, dcd });
        last = seen;
        this.#stopAsking = this.#schedule(ask, LINES_EVERY_MS);
      });
    };
    ask();
  }
}

function writeTo(port: SerialPort, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    port.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}

function closePort(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    // An error here means it is closed already, by the device that went away.
    if (port.isOpen) port.close(() => resolve());
    else resolve();
  });
}
