/**
 * The process that speaks with the PC/SC daemon, started by pcsc-transport.ts. It is a process of
 * its own because the native code under `nfc-pcsc` turns in a circle for ever where no daemon is,
 * and never recovers from one that was restarted: both end with this process.
 *
 * Talks with its parent over Node's IPC. A thread (pcsc-watchdog.ts) ends it where its own event loop
 * stands still or its parent is gone, so that none is ever left behind.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../../platform/worker-url.ts';
import { RESPONSE_BYTES_MAX } from '../pcsc-messages.ts';
import type { PcscCommand, PcscReport } from '../pcsc-messages.ts';

/** What the process tells its parent beside the reports of its reader. */
export type PcscNotice =
  | { readonly type: 'readers'; readonly names: readonly string[] }
  | { readonly type: 'attached'; readonly name: string }
  | { readonly type: 'detached' }
  | { readonly type: 'failure'; readonly message: string }
  | { readonly type: 'missing'; readonly message: string };

interface NativeReader {
  readonly name: string;
  autoProcessing: boolean;
  on(event: 'card', listener: (card: { atr?: Buffer }) => void): void;
  on(event: 'card.off' | 'end', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  transmit(data: Buffer, responseBytesMax: number): Promise<Buffer>;
}

interface NativeNfc {
  on(event: 'reader', listener: (reader: NativeReader) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

/** The package is optional, also for the compiler, and has no types of its own. */
const load: (name: string) => unknown = createRequire(import.meta.url);
/** Twice in the time after which the thread takes the event loop for dead. */
const BEAT_EVERY_MS = 2_000;
/** GET DATA, PC/SC part 3: the card's unique id. */
const GET_UID = Buffer.from([0xff, 0xca, 0x00, 0x00, 0x00]);

const STATUS_BYTES = 2;

/** As the transport was asked to; undefined lists readers only. */
const wanted = process.argv[2];
const names: string[] = [];
let attached: NativeReader | undefined;

function tell(message: PcscNotice | PcscReport): void {
  process.send?.(message);
}

function watch(): void {
  const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const count = new Int32Array(beats);
  setInterval(() => void Atomics.add(count, 0, 1), BEAT_EVERY_MS).unref();
  const url = workerUrl(import.meta.url, './pcsc-watchdog');
  new Worker(url, { workerData: { beats, parent: process.ppid } }).unref();
}

/** `ACS ACR122U PICC Interface 00 00` → without the numbers, which follow the order of plugging in. */
function isWanted(name: string): boolean {
  return name === wanted || name.replace(/( \d\d){1,2}$/, '') === wanted;
}

function attach(reader: NativeReader): void {
  attached = reader;
  // We ask the card ourselves: the library's own way loses errors.
  reader.autoProcessing = false;
  reader.on('card', (card) => void present(reader, card));
  reader.on('card.off', () => tell({ type: 'removed' }));
  reader.on('error', (error) => tell({ type: 'failure', message: error.message }));
  reader.on('end', () => tell({ type: 'detached' }));
  tell({ type: 'attached', name: reader.name });
}

async function present(reader: NativeReader, card: { atr?: Buffer }): Promise<void> {
  const atr = (card.atr ?? Buffer.alloc(0)).toString('hex');
  const uid = await reader.transmit(GET_UID, RESPONSE_BYTES_MAX).then(uidOf, () => undefined);
  tell(uid === undefined ? { type: 'inserted', atr } : { type: 'inserted', atr, uid });
}

function uidOf(answer: Buffer): string | undefined {
  const isFine = answer.length > 2 && answer.subarray(-2).equals(Buffer.from([0x90, 0x00]));
  return isFine ? answer.subarray(0, -2).toString('hex') : undefined;
}

async function transmit({ id, data }: PcscCommand): Promise<void> {
  try {
    if (attached === undefined) return;
    const answer = await attached.transmit(Buffer.from(data, 'hex'), RESPONSE_BYTES_MAX);
    // A card torn away gives an answer of no bytes; every real one has its status.
    if (answer.length < STATUS_BYTES)
      tell({ type: 'failed', id, message: 'the card gave no answer' });
    else tell({ type: 'response', id, data: answer.toString('hex') });
  } catch (error) {
    tell({ type: 'failed', id, message: error instanceof Error ? error.message : String(error) });
  }
}

function begin(): void {
  watch();
  process.on('disconnect', () => process.exit(0));
  process.on('message', (command: PcscCommand) => void transmit(command));
  let Nfc: new () => NativeNfc;
  try {
    Nfc = (load('nfc-pcsc') as { NFC: new () => NativeNfc }).NFC;
  } catch (error) {
    tell({ type: 'missing', message: error instanceof Error ? error.message : String(error) });
    return;
  }
  const nfc = new Nfc();
  nfc.on('error', (error) => tell({ type: 'failure', message: error.message }));
  nfc.on('reader', (reader) => {
    names.push(reader.name);
    tell({ type: 'readers', names });
    if (attached === undefined && wanted !== undefined && isWanted(reader.name)) attach(reader);
    // Without a listener an error of another reader would end this process.
    else reader.on('error', () => undefined);
  });
}

begin();
