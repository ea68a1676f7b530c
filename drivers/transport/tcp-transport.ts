/**
 * A device behind TCP: printers on port 9100, serial servers, scales with a network card.
 *
 * A peer that vanished without a word is found by keep-alive within about 20 s while nothing is
 * being written; while bytes wait for it the kernel alone decides, and the session's own deadlines
 * are quicker. A printer without paper stops reading for as long as it pleases: no progress is no
 * fault. Many printers refuse a second connection, which looks like nobody at home; the message says so.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { formatAddress } from './address.ts';
import type { Address } from './address.ts';
import { OpenPort } from './open-port.ts';
import { endOf, errnoOf, openFailure, unplugged } from './transport-failures.ts';
import type { Transport } from './transport.ts';

/** In a shop's own network; what needs longer is switched off or elsewhere. */
const CONNECT_WAIT_MS = 5_000;
/** First probe after this silence; Node lets ten follow, one a second. */
const KEEP_ALIVE_AFTER_MS = 10_000;

type TcpAddress = Extract<Address, { kind: 'tcp' }>;

export async function openTcp(
  address: TcpAddress,
  options: { readonly signal?: AbortSignal; readonly schedule?: Schedule } = {},
): Promise<Transport> {
  const text = formatAddress(address);
  const schedule = options.schedule ?? systemSchedule;
  const socket = await connected(text, address, { schedule, signal: options.signal });
  return new TcpTransport(text, socket, schedule);
}

function connected(
  text: string,
  { host, port }: TcpAddress,
  options: { readonly schedule: Schedule; readonly signal: AbortSignal | undefined },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    });
    const stops: (() => void)[] = [() => socket.off('error', fail).off('connect', succeed)];
    const settle = (): void => {
      for (const stop of stops.splice(0)) stop();
    };
    const fail = (error: unknown): void => {
      settle();
      socket.on('error', () => undefined).destroy();
      openFailure(text, error).then((failure) => reject(explainRefusal(text, failure)), reject);
    };
    const succeed = (): void => {
      settle();
      resolve(socket);
    };
    const callOff = (): void => fail(notWanted(text));
    options.signal?.addEventListener('abort', callOff);
    stops.push(() => options.signal?.removeEventListener('abort', callOff));
    stops.push(options.schedule(() => fail(timedOut(text)), CONNECT_WAIT_MS));
    socket.once('error', fail).once('connect', succeed);
  });
}

class TcpTransport extends OpenPort {
  constructor(address: string, socket: Socket, schedule: Schedule) {
    super(
      address,
      {
        write: (bytes) => writeTo(socket, bytes),
        release: () => released(socket),
      },
      schedule,
    );
    socket.on('data', (bytes: Uint8Array) => this.received(bytes));
    socket.on('error', (error) => this.finish(endOf(address, error)));
    socket.on('end', () => this.finish(unplugged(address, 'it closed the connection')));
    socket.on('close', () => this.finish(unplugged(address, 'the connection ended')));
  }
}

function writeTo(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}

/** The rest of what the kernel took still goes out; a peer that does not read is not waited for. */
function released(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
    socket.destroySoon();
    if (socket.writableLength > 0) socket.destroy();
  });
}

function timedOut(text: string): TillgateError {
  const message = `Nothing answered at ${text} within ${CONNECT_WAIT_MS / 1000} s.`;
  return new TillgateError('TRANSPORT_ABSENT', message, { retryable: true });
}

function notWanted(text: string): TillgateError {
  return new TillgateError('TRANSPORT_CLOSED', `${text} is not wanted any more.`);
}

function explainRefusal(text: string, failure: TillgateError): TillgateError {
  if (errnoOf(failure.cause) !== 'ECONNREFUSED') return failure;
  const message = `${text} refused the connection: the machine is there and nothing listens, or the device serves another computer.`;
  return new TillgateError('TRANSPORT_ABSENT', message, {
    cause: failure.cause,
    retryable: true,
    hint: 'Check port and device; most printers on port 9100 serve one computer at a time.',
  });
}
