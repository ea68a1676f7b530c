/** Plays a sequence against a broker over real sockets, and says where it went another way. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { encodePackets, freeBytesAt, stepsOf } from './mqtt-sequence.ts';
import type { Names, SequenceCase, Step } from './mqtt-sequence.ts';

/** How a step's bytes go out: at once, or in many writes of which the server sees each for itself. */
export interface Playing extends Omit<Names, 'captured'> {
  writing?: 'at once' | 'in pieces';
}

/** A head is sent byte by byte; what is long after it is a payload or a name. */
const SINGLE_BYTES = 24;
const PIECE_BYTES = 10_000;
const PINGREQ = Buffer.from([0xc0, 0]);
const PINGRESP = Buffer.from([0xd0, 0]);

/** The difference to what was expected; undefined when all went as the sequence says. */
export async function playSequence(
  port: number,
  sequence: SequenceCase,
  { writing, ...names }: Playing,
): Promise<string | undefined> {
  const player = new Player(port, { ...names, captured: [] }, writing);
  try {
    for (const [at, step] of stepsOf(sequence).entries()) {
      const difference = await player.play(step);
      if (difference !== undefined)
        return `step ${at + 1} (${step.client}${step.action} ${step.text}): ${difference}`;
    }
    return await player.allAnswer();
  } finally {
    player.close();
  }
}

class Player {
  readonly #port: number;
  readonly #names: Names;
  readonly #writing: Playing['writing'];
  readonly #clients = new Map<string, Peer>();

  constructor(port: number, names: Names, writing: Playing['writing']) {
    this.#port = port;
    this.#names = names;
    this.#writing = writing;
  }

  async play({ client, action, text }: Step): Promise<string | undefined> {
    const peer = await this.#peer(client);
    switch (action) {
      case 'send':
        await this.#send(peer, Buffer.concat(encodePackets(text, this.#names)));
        return undefined;
      case 'hear':
        return this.#hear(peer, text);
      case 'closes':
        this.#clients.delete(client);
        return peer.ends();
      case 'drop':
        this.#clients.delete(client);
        await peer.drop();
        return undefined;
    }
  }

  /** Every connection that should be open is, and nothing more came. */
  async allAnswer(): Promise<string | undefined> {
    for (const [name, peer] of this.#clients) {
      peer.socket.write(PINGREQ);
      const heard = await peer.take(PINGRESP.length);
      if (!heard.equals(PINGRESP)) return `${name}: at the end got ${heard.toString('hex')}`;
    }
    return undefined;
  }

  close(): void {
    for (const peer of this.#clients.values()) peer.socket.destroy();
  }

  async #send({ socket }: Peer, bytes: Buffer): Promise<void> {
    if (this.#writing !== 'in pieces') {
      socket.write(bytes);
      return;
    }
    for (let at = 0, size = 1; at < bytes.length && socket.writable; at += size) {
      if (at >= SINGLE_BYTES) size = PIECE_BYTES;
      socket.write(bytes.subarray(at, at + size));
      // The server lives in this process: it has its turn before the next piece leaves.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #hear(peer: Peer, text: string): Promise<string | undefined> {
    const wanted = Buffer.concat(encodePackets(text, this.#names));
    const free = freeBytesAt(text, this.#names);
    const heard = await peer.take(wanted.length);
    if (free !== undefined && heard.length === wanted.length) {
      this.#names.captured.push(Buffer.from(heard.subarray(free, free + 2)));
      heard.copy(wanted, free, free, free + 2);
    }
    if (heard.equals(wanted)) return undefined;
    return `wanted ${wanted.toString('hex')}, got ${heard.toString('hex')}`;
  }

  async #peer(client: string): Promise<Peer> {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve) => socket.once('connect', resolve));
    const peer = new Peer(socket);
    this.#clients.set(client, peer);
    return peer;
  }
}

class Peer {
  readonly socket: Socket;
  #heard = Buffer.alloc(0);
  #isEnded = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#heard = Buffer.concat([this.#heard, chunk]);
      this.#wake();
    });
    // A reset is one way to be closed; 'close' follows.
    socket.on('error', () => undefined);
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#isEnded = true;
        this.#wake();
      });
    }
  }

  /** The next bytes; fewer when the connection ends before. The suite's timeout bounds the wait. */
  async take(count: number): Promise<Buffer> {
    while (this.#heard.length < count && !this.#isEnded) await this.#change();
    const taken = this.#heard.subarray(0, count);
    this.#heard = this.#heard.subarray(taken.length);
    return Buffer.from(taken);
  }

  async ends(): Promise<string | undefined> {
    while (!this.#isEnded && this.#heard.length === 0) await this.#change();
    this.socket.destroy();
    return this.#heard.length === 0 ? undefined : `still open, got ${this.#heard.toString('hex')}`;
  }

  async drop(): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.destroy();
    await closed;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
