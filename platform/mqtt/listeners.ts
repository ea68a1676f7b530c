/**
 * Opens the doors of a broker: TCP, TLS and WebSocket. What comes in is wrapped into guarded
 * connections and given to aedes. Used by the gateway for its devices and by headquarters for its
 * gateways alike.
 *
 * Relies on: the broker is listening already (`await broker.listen()`).
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Aedes } from 'aedes';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { systemClock } from '../system-clock.ts';
import { ConnectionPool, DEFAULT_CONNECTION_LIMITS } from './connection-pool.ts';
import type { ConnectionLimits } from './connection-pool.ts';
import type { CloseReason, GuardedConnection } from './guarded-connection.ts';
import { FRAME_BYTES_MAX, webSocketWire } from './web-socket-wire.ts';
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

/** MQTT 3.1.1 section 6 registers `mqtt`; older browser clients still ask for `mqttv3.1`. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];
/** A handshake above this is no MQTT client's. */
const HANDSHAKE_BYTES_MAX = 8 * 1024;
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
  const addresses: Listeners['addresses'] = {};
  const close = async (): Promise<void> => {
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    await pool.close();
    await Promise.all(closed);
  };
  try {
    if (options.tcp !== undefined) {
      const server = createTcpServer({ noDelay: true }, (socket) =>
        pool.accept(socketWire(socket)),
      );
      servers.push(server);
      addresses.tcp = await listen(server, options.tcp);
    }
    if (options.tls !== undefined) {
      const server = await tlsServer(options.tls, (socket) => pool.accept(socketWire(socket)));
      servers.push(server);
      addresses.tls = await listen(server, options.tls);
    }
    if (options.webSocket !== undefined) {
      const server = webSocketServer(pool);
      servers.push(server);
      addresses.webSocket = await listen(server, options.webSocket);
    }
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

function webSocketServer(pool: ConnectionPool): HttpServer {
  const http = createServer(
    { maxHeaderSize: HANDSHAKE_BYTES_MAX, noDelay: true, headersTimeout: HANDSHAKE_MS_MAX },
    (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket' });
      response.end('This port speaks MQTT over WebSocket.\n');
    },
  );
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
  });
  http.on('upgrade', (request, socket, head) => {
    const offered = request.headers['sec-websocket-protocol']?.split(',') ?? [];
    // [MQTT-6.0.0-3]: a client must offer `mqtt`.
    if (!offered.some((name) => SUBPROTOCOLS.includes(name.trim()))) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const wire = webSocketWire(webSocket, request.socket);
      pool.accept(wire, () => wire.admitted());
    });
  });
  return http;
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
