/**
 * A reader for contactless cards by PC/SC. Each transport has a child process (pcsc-process.ts),
 * since the native library can neither be asked whether a daemon is there nor be rid of one that is
 * gone; when the daemon dies the child is ended, and the next transport begins with a new one.
 *
 * Its bytes are lines of JSON, one a chunk: see ../pcsc-messages.ts. A command whose answer does not
 * come is ended by the reader or by the end of the transport.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { decodeCommand, encodeMessage } from '../pcsc-messages.ts';
import type { PcscReport } from '../pcsc-messages.ts';
import { formatAddress } from './address.ts';
import type { Address } from './address.ts';
import { OpenPort } from './open-port.ts';
import type { PcscNotice } from './pcsc-process.ts';
import { errnoOf, unplugged } from './transport-failures.ts';
import type { Transport } from './transport.ts';

/** Compiled into the PC/SC library. */
const DAEMON_SOCKET = '/run/pcscd/pcscd.comm';
/** Node, the library and the daemon's list of readers: a second or two on a slow box. */
const ATTACH_WAIT_MS = 10_000;
/** Once the child has told a reader, the others follow at once. */
const OTHER_READERS_WAIT_MS = 500;

interface PcscOptions {
  readonly schedule?: Schedule;
  readonly daemonSocket?: string;
}

type Told = PcscNotice | PcscReport;

export async function openPcsc(
  address: Extract<Address, { kind: 'pcsc' }>,
  options: PcscOptions = {},
): Promise<Transport> {
  const text = formatAddress(address);
  const schedule = options.schedule ?? systemSchedule;
  await findDaemon(text, options.daemonSocket ?? DAEMON_SOCKET);
  const child = startChild([address.reader]);
  const early: PcscReport[] = [];
  const names: string[] = [];
  const answer = await firstAnswer(child, schedule, (told) => {
    if (told.type === 'attached' || told.type === 'missing') return told;
    if (told.type === 'readers') names.splice(0, Infinity, ...told.names);
    else if (isReport(told)) early.push(told);
    return undefined;
  });
  if (answer?.type === 'attached') return new PcscTransport(text, child, { early, schedule });
  await ended(child);
  if (answer?.type === 'missing') throw missing(answer.message);
  const seen = names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
  const message = `There is no reader ${JSON.stringify(address.reader)}; readers here: ${seen}.`;
  throw new TillgateError('TRANSPORT_ABSENT', message, { retryable: true });
}

/** The readers that the daemon knows. Rejects as `openPcsc` does where there is no daemon. */
export async function listReaders(options: PcscOptions = {}): Promise<string[]> {
  const schedule = options.schedule ?? systemSchedule;
  await findDaemon('The readers of cards', options.daemonSocket ?? DAEMON_SOCKET);
  const child = startChild([]);
  let names: readonly string[] = [];
  const answer = await firstAnswer(child, schedule, (told) => {
    if (told.type === 'readers') names = told.names;
    return told.type === 'missing' ? told : undefined;
  });
  await ended(child);
  if (answer?.type === 'missing') throw missing(answer.message);
  return [...names];
}

function startChild(words: readonly string[]): ChildProcess {
  const program = fileURLToPath(workerUrl(import.meta.url, './pcsc-process'));
  return fork(program, [...words], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
}

/** Waits for what `judge` takes; undefined when it did not come, or the child ended. */
function firstAnswer<T>(
  child: ChildProcess,
  schedule: Schedule,
  judge: (told: Told) => T | undefined,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    let stop = schedule(() => settle(undefined), ATTACH_WAIT_MS);
    const settle = (answer: T | undefined): void => {
      stop();
      child.off('message', listen);
      child.off('exit', giveUp);
      resolve(answer);
    };
    const giveUp = (): void => settle(undefined);
    const listen = (told: Told): void => {
      const answer = judge(told);
      if (answer !== undefined) settle(answer);
      else if (told.type === 'readers') {
        stop();
        stop = schedule(giveUp, OTHER_READERS_WAIT_MS);
      }
    };
    child.on('message', listen);
    child.once('exit', giveUp);
    child.once('error', giveUp);
  });
}

class PcscTransport extends OpenPort {
  constructor(
    address: string,
    child: ChildProcess,
    start: { readonly early: readonly PcscReport[]; readonly schedule: Schedule },
  ) {
    super(
      address,
      { write: (bytes) => sendCommand(child, bytes), release: () => ended(child) },
      start.schedule,
    );
    for (const report of start.early) this.received(encodeMessage(report));
    child.on('message', (told: Told) => {
      if (isReport(told)) this.received(encodeMessage(told));
      else if (told.type === 'detached') this.finish(unplugged(address, 'the reader is gone'));
      else if (told.type === 'failure') this.finish(unplugged(address, told.message));
    });
    child.on('exit', () => this.finish(unplugged(address, 'its process ended')));
  }
}

function sendCommand(child: ChildProcess, bytes: Uint8Array): Promise<void> {
  const command = decodeCommand(bytes);
  if (command === undefined) {
    const message = 'A PC/SC reader takes one command a write, as in pcsc-messages.ts.';
    return Promise.reject(new TillgateError('TRANSPORT_FAULT', message));
  }
  return new Promise((resolve, reject) => {
    child.send(command, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
    // It may be in native code that never looks at anything softer.
    child.kill('SIGKILL');
  });
}

function isReport(told: Told): told is PcscReport {
  return ['inserted', 'removed', 'response', 'failed'].includes(told.type);
}

/** The library turns in a circle without a daemon, so the daemon's door is tried first. */
async function findDaemon(what: string, path: string): Promise<void> {
  const socket = connect(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
  } catch (error) {
    if (errnoOf(error) === 'EACCES') throw denied(what, error);
    throw new TillgateError(
      'TRANSPORT_PACKAGE_MISSING',
      `${what} cannot be reached: the PC/SC daemon does not run.`,
      {
        cause: error,
        retryable: true,
        hint: 'Install it with `apt-get install pcscd libpcsclite1` and start it: `systemctl enable --now pcscd.socket`.',
      },
    );
  } finally {
    socket.destroy();
  }
}

function denied(what: string, cause: unknown): TillgateError {
  return new TillgateError(
    'TRANSPORT_DENIED',
    `${what} cannot be reached: the PC/SC daemon refuses.`,
    {
      cause,
      hint: 'Give the user of the gateway access to /run/pcscd (see docs/operations.md).',
    },
  );
}

function missing(why: string): TillgateError {
  return new TillgateError(
    'TRANSPORT_PACKAGE_MISSING',
    `The optional package nfc-pcsc, which speaks with PC/SC readers, cannot be loaded: ${why}`,
    {
      hint: 'It is compiled when it is installed: `apt-get install libpcsclite1 libpcsclite-dev gcc g++ make python3`, then `npm install nfc-pcsc` beside Tillgate, and start again.',
    },
  );
}
