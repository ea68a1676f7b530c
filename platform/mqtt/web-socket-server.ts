/** The door for MQTT over WebSocket: an HTTP server that knows nothing but the upgrade. */
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import { WebSocketServer } from 'ws';
import type { ConnectionPool } from './connection-pool.ts';
import { FRAME_BYTES_MAX, webSocketWire } from './web-socket-wire.ts';

/** MQTT 3.1.1 section 6 registers `mqtt`; older browser clients still ask for `mqttv3.1`. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];
/** A handshake above this is no MQTT client's. */
const HANDSHAKE_BYTES_MAX = 8 * 1024;
const HANDSHAKE_MS_MAX = 10_000;

/** Takes WebSockets in for `pool`; the caller lets it listen and closes it. */
export function webSocketServer(pool: ConnectionPool): HttpServer {
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
