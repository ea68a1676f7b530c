/**
 * The network between the store and headquarters: a TCP relay on loopback that can be cut. While it
 * is cut, open connections are destroyed and new ones refused by closing them at once.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export class CuttableLink {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #target: { host: string; port: number } | undefined;
  #isCut = false;

  constructor() {
    this.#server = createServer((socket) => this.#relay(socket));
  }

  /** Resolves with the port on 127.0.0.1 that the store dials. */
  async open(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where connections lead to; until it is said they are closed at once. */
  leadTo(target: { host: string; port: number }): void {
    this.#target = target;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #relay(near: Socket): void {
    if (this.#isCut || this.#target === undefined) {
      near.destroy();
      return;
    }
    const far = connect({ ...this.#target, noDelay: true });
    near.setNoDelay(true);
    this.#join(near, far);
    this.#join(far, near);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.pipe(to);
    // An error is followed by `close`, which takes the other end down as a real network would.
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
