/**
 * The door between the broker and the jobs of peripherals, which are opened after the broker listens:
 * what comes before waits here, unacknowledged.
 *
 * A request is taken out of the broker: it goes to nobody but the jobs, and its PUBACK (PUBREC) waits
 * until they have recorded or refused it. Bounded for each connection and over all.
 */
import type { Client } from 'aedes';
import { encodeAcknowledgement } from '../../platform/mqtt/encode-packets.ts';
import { readsAnswers, requestIn } from '../../protocol/topics.ts';
import type { GuardedConnection } from '../../platform/mqtt/guarded-connection.ts';

/** Jobs belong to the device that asks, whatever a role's rules would cover. */
export function isOthersJob(topic: string, deviceId: string): boolean {
  const request = requestIn(topic);
  return request !== undefined && request.deviceId !== deviceId;
}

export interface DeviceRequest {
  readonly peripheralId: string;
  readonly deviceId: string;
  readonly role: string;
  readonly payload: Uint8Array;
}

/** A PUBLISH as aedes shows it before it acts on it. */
export interface PublishedPacket {
  topic: string;
  payload: string | Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  messageId?: number | undefined;
}

export interface JobTaker {
  /** Resolves when the request is recorded or refused; never rejects. */
  take(request: DeviceRequest): Promise<void>;
  /** Says that it cannot be taken now; of the payload only the beginning is there. */
  refuseBusy(request: DeviceRequest): void;
  /** A device hears its answers from now on. */
  hears(deviceId: string): void;
}

/** A till has one job at a time, a kiosk two or three. */
const REQUESTS_PER_CONNECTION = 32;
/** All that may be on its way to the ledger, which takes milliseconds. */
const BYTES_MAX = 16 * 1024 * 1024;
/** Of a request that is refused for want of room: enough to name it. */
const NAMED_BYTES = 4_096;
/** What nobody can subscribe to: `$` topics have no default audience, and roles do not name it. */
const NOWHERE = '$tillgate/taken';
const NOTHING = Buffer.alloc(0);

export class JobDoor {
  readonly #opened = Promise.withResolvers<JobTaker>();
  readonly #pending = new WeakMap<Client, number>();
  #bytes = 0;

  open(taker: JobTaker): void {
    this.#opened.resolve(taker);
  }

  /** Filters are in force: what waits for a device that reads its answers can go out. */
  subscribed(deviceId: string, subscriptions: readonly { topic: string }[]): void {
    if (!subscriptions.some(({ topic }) => readsAnswers(topic, deviceId))) return;
    void this.#opened.promise.then((taker) => taker.hears(deviceId));
  }

  /** Empties `packet`, so that the broker has nothing more to do with it, and acknowledges it later. */
  take(client: Client, packet: PublishedPacket, request: Omit<DeviceRequest, 'payload'>): void {
    const { qos, messageId } = packet;
    const payload = Buffer.from(packet.payload as Uint8Array);
    // With QoS 0 aedes acknowledges nothing itself, and stores it for nobody.
    Object.assign(packet, { topic: NOWHERE, payload: NOTHING, qos: 0, retain: false });
    void this.#handOver(client, { ...request, payload }).then(() => {
      const connection = client.conn as unknown as GuardedConnection;
      if (qos === 0 || messageId === undefined || !connection.isOpen) return;
      connection.send(encodeAcknowledgement(qos, messageId));
    });
  }

  async #handOver(client: Client, request: DeviceRequest): Promise<void> {
    const { payload } = request;
    const count = this.#pending.get(client) ?? 0;
    if (count >= REQUESTS_PER_CONNECTION || this.#bytes + payload.length > BYTES_MAX) {
      const named = { ...request, payload: Buffer.from(payload.subarray(0, NAMED_BYTES)) };
      (await this.#opened.promise).refuseBusy(named);
      return;
    }
    this.#pending.set(client, count + 1);
    this.#bytes += payload.length;
    await (await this.#opened.promise).take(request);
    this.#bytes -= payload.length;
    this.#pending.set(client, (this.#pending.get(client) ?? 1) - 1);
  }
}
