/** A client of raw packets, cheap enough to have five thousand of, with no manners of its own. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';
import type { IConnectPacket, Packet } from 'mqtt-packet';

export interface Address {
  host: string;
  port: number;
}

export interface Login {
  username: string;
  password: string;
}

export class EdgeClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  isClosed = false;
  onPacket: (packet: Packet) => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on('packet', (packet: Packet) => this.onPacket(packet));
    socket.on('data', (chunk) => void parser.parse(chunk));
    // A reset is one way to be put out; 'close' follows.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        resolve();
      });
    });
  }

  /** Connects; the second of the pair is CONNACK's return code, undefined when the door was shut. */
  static async open(address: Address, login: Login): Promise<[EdgeClient, number | undefined]> {
    const client = new EdgeClient(connect({ ...address, noDelay: true }));
    const packet: IConnectPacket = {
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: '', clean: true },
      ...{ keepalive: 0, username: login.username, password: Buffer.from(login.password) },
    };
    client.write(mqttPacket.generate(packet));
    const answer = await client.next('connack');
    return [client, answer?.cmd === 'connack' ? answer.returnCode : undefined];
  }

  /** False when the socket asks to wait for `drain`. */
  write(bytes: Buffer): boolean {
    return this.socket.write(bytes);
  }

  async drained(): Promise<void> {
    if (this.isClosed || !this.socket.writableNeedDrain) return;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.socket.once('drain', resolve).once('close', resolve);
    await promise;
    this.socket.off('drain', resolve).off('close', resolve);
  }

  async subscribe(topic: string): Promise<void> {
    const subscriptions = [{ topic, qos: 0 as const }];
    this.write(mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions }));
    await this.next('suback');
  }

  /** The next packet of a kind, others are dropped; undefined when the connection ends before. */
  next(cmd: Packet['cmd']): Promise<Packet | undefined> {
    return new Promise((resolve) => {
      this.onPacket = (packet) => {
        if (packet.cmd === cmd) resolve(packet);
      };
      void this.closed.then(() => resolve(undefined));
    });
  }

  /** Reads no more, and never will. */
  freeze(): void {
    this.socket.pause();
  }
}
