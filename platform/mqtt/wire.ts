/**
 * The one shape that a guarded connection needs of a transport: bytes in, bytes out, pause, end.
 * TCP and TLS sockets are wrapped here, WebSockets in web-socket-wire.ts.
 */
import type { Socket } from 'node:net';

export interface WireEvents {
  /** The chunk belongs to the receiver. */
  data(chunk: Buffer): void;
  /** The peer will send no more. */
  end(): void;
  /** Nothing more will happen; comes exactly once. */
  closed(): void;
}

export interface Wire {
  /** Where the peer is, for logs: `127.0.0.1:40312`. */
  readonly peer: string;
  /** Called once, before anything else. */
  listen(events: WireEvents): void;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): void;
  pause(): void;
  resume(): void;
  /** Says good-bye after what was written; the peer may still be talking. */
  end(): void;
  /** Ends at once and forgets what waits. */
  destroy(): void;
}

/** Probes begin after this silence, so that a till that lost power is noticed without keep-alive. */
const TCP_KEEP_ALIVE_AFTER_MS = 60_000;

/** Wraps a TCP or TLS socket. */
export function socketWire(socket: Socket): Wire {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_AFTER_MS);
  return {
    peer: `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`,
    listen(events) {
      socket.on('data', (chunk) => events.data(chunk));
      socket.on('end', () => events.end());
      // Its meaning arrives as 'close'; why a peer vanished is of no use to anybody here.
      socket.on('error', () => socket.destroy());
      socket.on('close', () => events.closed());
    },
    write: (bytes, done) => void socket.write(bytes, done),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}
