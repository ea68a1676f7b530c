/**
 * Device files that carry bytes or reports: `/dev/usb/lp*` of the kernel's printer driver and
 * `/dev/hidraw*`. Opened without blocking and read by asking again and again, because Node has no
 * way to wait on such files, and a read that blocks would keep the process from ever ending. Each
 * read of a hidraw file is one report, and so is each chunk.
 *
 * The kernel lets several programs open these files; a second opener would take half of the bytes
 * away, so a file that somebody holds is refused as busy, as far as /proc shows it.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { passing, systemSchedule } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { OpenPort } from './open-port.ts';
import { nameHolders, portHolders } from './port-holders.ts';
import { watchPresence } from './presence-watch.ts';
import { busyPort, endOf, errnoOf, openFailure, unplugged } from './transport-failures.ts';
import type { Transport } from './transport.ts';

/** While the device speaks: quicker than a person, slower than would be felt as load. */
const READ_EVERY_MS = 4;
/** After a second of silence: a scan is seen 20 ms later at most. */
const READ_EVERY_IDLE_MS = 20;
const IDLE_AFTER_READS = 250;
/** The kernel's printer driver takes a page at a time and says EAGAIN until it is sent. */
const WRITE_AGAIN_MS = 4;
/** The largest HID report there is, and more than a printer's status. */
const READ_BYTES = 16 * 1024;
/** One page: what usblp hands to the device at once, so that a closing port waits for little. */
const WRITE_BYTES = 4096;

/** Files open in this process: /proc shows those of others only. */
const openHere = new Set<string>();

export interface DeviceFile {
  readonly kind: 'lp' | 'hidraw';
  /** As in the registry. */
  readonly address: string;
  /** The file itself. */
  readonly path: string;
}

export async function openDeviceFile(
  file: DeviceFile,
  schedule: Schedule = systemSchedule,
): Promise<Transport> {
  const { address, path } = file;
  if (openHere.has(path)) throw busyPort(address, 'this gateway itself');
  openHere.add(path);
  try {
    const handle = await open(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    const holders = (await portHolders(path)).filter(({ pid }) => pid !== process.pid);
    if (holders.length === 0) return new DeviceFileTransport(file, handle, schedule);
    await handle.close();
    throw busyPort(address, nameHolders(holders));
  } catch (error) {
    openHere.delete(path);
    throw await openFailure(address, error, path);
  }
}

class DeviceFileTransport extends OpenPort {
  readonly #handle: FileHandle;
  readonly #schedule: Schedule;
  readonly #isPackets: boolean;

  constructor(file: DeviceFile, handle: FileHandle, schedule: Schedule) {
    const { address, path } = file;
    super(
      address,
      {
        write: (bytes) => this.#writeAll(bytes),
        release: async () => {
          stopWatching();
          await handle.close();
          openHere.delete(path);
        },
      },
      schedule,
    );
    this.#handle = handle;
    this.#schedule = schedule;
    this.#isPackets = file.kind === 'hidraw';
    const stopWatching = watchPresence(
      path,
      () => this.finish(unplugged(address, 'its device file is gone')),
      schedule,
    );
    void this.#readOn();
  }

  async #readOn(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    let silentReads = 0;
    while (!this.isOver) {
      const read = await this.#readOnce(buffer);
      if (read === 'ended') return;
      if (read > 0) {
        silentReads = 0;
        this.received(buffer.slice(0, read));
        continue;
      }
      silentReads += 1;
      const isIdle = silentReads > IDLE_AFTER_READS;
      await passing(this.#schedule, isIdle ? READ_EVERY_IDLE_MS : READ_EVERY_MS);
    }
  }

  /** How many bytes there were: none is the usual answer. */
  async #readOnce(buffer: Uint8Array): Promise<number | 'ended'> {
    try {
      return (await this.#handle.read(buffer, 0, buffer.length, null)).bytesRead;
    } catch (error) {
      if (errnoOf(error) === 'EAGAIN' || errnoOf(error) === 'EINTR') return 0;
      // A printer without a way back cannot be read and is written to all the same.
      if (errnoOf(error) === 'EINVAL') return 'ended';
      this.finish(endOf(this.address, error));
      return 'ended';
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const step = this.#isPackets ? bytes.length : WRITE_BYTES;
    let at = 0;
    while (at < bytes.length && !this.isOver) {
      at += await this.#writeOnce(bytes.subarray(at, at + step));
    }
  }

  async #writeOnce(bytes: Uint8Array): Promise<number> {
    try {
      return (await this.#handle.write(bytes)).bytesWritten;
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN' && errnoOf(error) !== 'EINTR') throw error;
      await passing(this.#schedule, WRITE_AGAIN_MS);
      return 0;
    }
  }
}
