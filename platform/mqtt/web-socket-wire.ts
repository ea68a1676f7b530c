/**
 * MQTT over WebSocket (MQTT 3.1.1 section 6): binary frames whose borders mean nothing. A text
 * frame closes the connection ([MQTT-6.0.0-1]).
 *
 * `ws` holds a frame until it is complete, and its largest frame must hold our largest publish. So
 * that a stranger cannot make us keep megabytes, the bytes of the raw socket are counted until the
 * client is known.
 */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Wire } from './wire.ts';

/** The largest hashed payload and its head fit into one frame. */
export const FRAME_BYTES_MAX = 5 * 1024 * 1024;
/** A CONNECT in one-byte frames of 7 bytes each: as much as a stranger may send over a WebSocket. */
const STRANGER_BYTES_MAX = 7 * 16 * 1024;

export interface WebSocketWire extends Wire {
  /** Ends the counting: the client is known. */
  admitted(): void;
}

/** Wraps an open WebSocket that runs over `socket`. */
export function webSocketWire(webSocket: WebSocket, socket: Socket): WebSocketWire {
  let strangerBytes = 0;
  const count = (chunk: Buffer): void => {
    strangerBytes += chunk.length;
    if (strangerBytes > STRANGER_BYTES_MAX) webSocket.terminate();
  };
  socket.on('data', count);
  return {
    peer: `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`,
    listen(events) {
      webSocket.on('message', (data, isBinary) => {
        if (!isBinary || !Buffer.isBuffer(data)) webSocket.terminate();
        else events.data(data);
      });
      // The cause is a protocol error of the peer or a lost line; 'close' follows.
      webSocket.on('error', () => webSocket.terminate());
      webSocket.on('close', () => events.closed());
    },
    write: (bytes, done) => webSocket.send(bytes, { binary: true }, done),
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    end: () => webSocket.close(),
    destroy: () => webSocket.terminate(),
    admitted: () => void socket.off('data', count),
  };
}
