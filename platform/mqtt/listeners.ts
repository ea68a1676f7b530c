/**
 * Opens the doors of a broker: TCP, TLS and WebSocket. What comes in is wrapped into guarded
 * connections and given to aedes. Used by the gateway for its devices and by headquarters for its
 * gateways alike.
 *
 * Relies on: the broker is listening already (`await broker.listen()`).
 */
import { readFile } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Aedes } from 'aedes';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { systemClock } from '../system-clock.ts';
import { ConnectionPool, DEFAULT_CONNECTION_LIMITS } from './connection-pool.ts';
import type { ConnectionLimits } from './connection-pool.ts';
import type { CloseReason } from './connection-contract.ts';
import type { GuardedConnection } from './guarded-connection.ts';
import { webSocketServer } from './web-socket-server.ts';
import { socketWire } from './wire.ts';

export interface ListenAddress {
  host: string;
  /** 0 for any free port. */
  port: number;
}

export interface TlsAddress extends ListenAddress {
  /** PEM files. */
  certFile: string;
  keyFile: string;
}

/** The part of a pino logger that is used here. */
export interface ListenerLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface ListenerOptions {
  broker: Aedes;
  tcp?: ListenAddress | undefined;
  tls?: TlsAddress | undefined;
  webSocket?: ListenAddress | undefined;
  /** Only what differs from `DEFAULT_CONNECTION_LIMITS`. */
  limits?: Partial<ConnectionLimits>;
  log: ListenerLog;
  clock?: Clock;
  /** Hears of each connection's end, for counting. */
  onClosed?: (connection: GuardedConnection, reason: CloseReason) => void;
}

export interface Listeners {
  /** Where the doors are, with the ports that the system chose. */
  readonly addresses: {
    tcp?: ListenAddress;
    tls?: ListenAddress;
    webSocket?: ListenAddress;
  };
  readonly connectionCount: number;
  /** No new connections; those that are open hear their last words and are closed. */
  close(): Promise<void>;
}

const HANDSHAKE_MS_MAX = 10_000;
/** Waiting for accept; above it the kernel drops and the client tries again. */
const BACKLOG = 511;

/** Opens the doors; fails with `MQTT_LISTEN_FAILED`, having closed again those it had opened. */
export async function startListeners(options: ListenerOptions): Promise<Listeners> {
  const pool = new ConnectionPool({
    broker: options.broker,
    clock: options.clock ?? systemClock,
    limits: { ...DEFAULT_CONNECTION_LIMITS, ...options.limits },
    onClosed: options.onClosed ?? (() => undefined),
  });
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    await pool.close();
    await Promise.all(closed);
  };
  let addresses: Listeners['addresses'];
  try {
    addresses = await openDoors(options, pool, servers);
  } catch (error) {
    await close();
    throw error;
  }
  options.log.info({ addresses }, 'MQTT is listening');
  return {
    addresses,
    get connectionCount() {
      return pool.size;
    },
    close,
  };
}

async function openDoors(
  options: ListenerOptions,
  pool: ConnectionPool,
  servers: Server[],
): Promise<Listeners['addresses']> {
  const addresses: Listeners['addresses'] = {};
  const accept = (socket: Socket): void => pool.accept(socketWire(socket));
  const open = (server: Server, address: ListenAddress): Promise<ListenAddress> => {
    servers.push(server);
    return listen(server, address);
  };
  const { tcp, tls, webSocket } = options;
  if (tcp !== undefined) {
    addresses.tcp = await open(createTcpServer({ noDelay: true }, accept), tcp);
  }
  if (tls !== undefined) addresses.tls = await open(await tlsServer(tls, accept), tls);
  if (webSocket !== undefined) addresses.webSocket = await open(webSocketServer(pool), webSocket);
  return addresses;
}

async function tlsServer(address: TlsAddress, accept: (socket: Socket) => void): Promise<Server> {
  const read = async (file: string): Promise<Buffer> => {
    try {
      return await readFile(file);
    } catch (error) {
      throw new TillgateError('MQTT_LISTEN_FAILED', `The TLS file ${file} cannot be read.`, {
        hint: 'Check mqtt.tls.certFile and mqtt.tls.keyFile, and who may read them.',
        cause: error,
      });
    }
  };
  const server = createTlsServer(
    {
      cert: await read(address.certFile),
      key: await read(address.keyFile),
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_MS_MAX,
    },
    accept,
  );
  // A failed handshake is the peer's affair; node has destroyed that socket already.
  server.on('tlsClientError', () => undefined);
  return server;
}

function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(
        new TillgateError(
          'MQTT_LISTEN_FAILED',
          `MQTT cannot listen on ${address.host}:${address.port} (${error.code ?? error.message}).`,
          { cause: error },
        ),
      );
    };
    server.once('error', failed);
    server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
      server.off('error', failed);
      // Accept errors (too many open files) end one connection attempt, not the listener.
      server.on('error', () => undefined);
      const bound = server.address() as AddressInfo;
      resolve({ host: bound.address, port: bound.port });
    });
  });
}
