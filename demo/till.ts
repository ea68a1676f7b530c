/**
 * One till, in a process of its own, started by till-fleet.ts: reads its sales, signs them when it
 * has a key, and submits them over MQTT with several in flight. Every connection is a new client;
 * on each, whatever has no answer yet is submitted again with the same bytes. Relies on QoS 1 for
 * nothing but speed: only a result counts as an answer.
 */
import { createHash, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CompactSign } from 'jose';
import mqtt from 'mqtt';
import { TillgateError } from '../protocol/errors.ts';
import { resultTopic, submitTopic } from '../protocol/topics.ts';
import type { FromTill, GatewayLife, TillIdentity, ToTill } from './till-messages.ts';
import { TillWindow } from './till-window.ts';
import type { ReceivedResult, Submission } from './till-window.ts';

/** As many as a busy counter could ever have open; enough to keep the gateway's commits full. */
const IN_FLIGHT_MAX = 16;
/** Between two attempts to reach the gateway: short, since it is on the same counter. */
const RECONNECT_DELAY_MS = 200;
/** After this long without an answer on a living connection a submission is repeated. */
const ANSWER_WAIT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

type Connection = { client: mqtt.MqttClient; life: GatewayLife };

class Till {
  readonly #identity: TillIdentity;
  readonly #window: TillWindow;
  #life: GatewayLife | undefined;
  #connection: Connection | undefined;

  constructor(identity: TillIdentity, submissions: readonly Submission[]) {
    this.#identity = identity;
    this.#window = new TillWindow(submissions, IN_FLIGHT_MAX);
  }

  /** The gateway answers there from now on; a connection to an earlier life of it is given up. */
  reach(life: GatewayLife): void {
    this.#life = life;
    this.#connection?.client.end(true);
    this.#connect();
  }

  stop(): void {
    this.#life = undefined;
    this.#connection?.client.end(true);
  }

  #connect(): void {
    const life = this.#life;
    if (life === undefined) return;
    const { username, password, deviceId } = this.#identity;
    const client = mqtt.connect({
      protocol: 'mqtt',
      host: life.host,
      port: life.port,
      username,
      password,
      clientId: `${deviceId}-demo`,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      resubscribe: false,
    });
    const connection = { client, life };
    this.#connection = connection;
    const repeat = setInterval(() => this.#submitAgain(connection), ANSWER_WAIT_MS);
    client.on('connect', () => void this.#begin(connection));
    client.on('message', (_topic, payload) => this.#receive(connection, payload));
    // mqtt.js always closes after an error, and `close` decides what happens next.
    client.on('error', () => undefined);
    client.on('close', () => {
      clearInterval(repeat);
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      setTimeout(() => this.#reconnect(), RECONNECT_DELAY_MS);
    });
  }

  #reconnect(): void {
    if (this.#connection === undefined) this.#connect();
  }

  async #begin(connection: Connection): Promise<void> {
    try {
      await connection.client.subscribeAsync(resultTopic(this.#identity.deviceId), { qos: 1 });
    } catch {
      // The connection ended meanwhile; the next one begins again.
      return;
    }
    this.#submitAgain(connection);
    this.#publish(connection, this.#window.take());
  }

  #submitAgain(connection: Connection): void {
    const unanswered = this.#window.unanswered();
    if (unanswered.length === 0 || this.#connection !== connection) return;
    send({ type: 'resubmitted', count: unanswered.length });
    this.#publish(connection, unanswered);
  }

  #publish({ client }: Connection, submissions: readonly Submission[]): void {
    const topic = submitTopic(this.#identity.deviceId);
    for (const { payload } of submissions) {
      // The callback's error means that the connection ended: the next one submits it again.
      client.publish(topic, Buffer.from(payload), { qos: 1 }, () => undefined);
    }
  }

  #receive(connection: Connection, payload: Buffer): void {
    const result = JSON.parse(payload.toString('utf8')) as ReceivedResult;
    const reaction = this.#window.receive(result, connection.life);
    switch (reaction.kind) {
      case 'answer':
        send({
          type: 'answer',
          answer: { deviceId: this.#identity.deviceId, ...reaction.answer },
        });
        this.#publish(connection, this.#window.take());
        return;
      case 'retry':
        setTimeout(() => this.#submitAgain(connection), reaction.afterMs);
        return;
      case 'ignored':
        return;
    }
  }
}

/** One submission a line of the file; signed ones are compact JWS over exactly that line. */
async function readSubmissions(path: string, identity: TillIdentity): Promise<Submission[]> {
  const lines = readFileSync(path, 'utf8').split('\n');
  const submissions: Submission[] = [];
  for (const line of lines) {
    if (line === '') continue;
    const { transactionId, total } = JSON.parse(line) as { transactionId: string; total: number };
    const payload = await payloadOf(line, identity);
    const submissionHash = createHash('sha256').update(payload).digest('base64');
    submissions.push({ transactionId, total, payload, submissionHash });
  }
  return submissions;
}

async function payloadOf(line: string, { signing }: TillIdentity): Promise<Uint8Array> {
  const bytes = Buffer.from(line, 'utf8');
  if (signing === undefined) return bytes;
  const jws = new CompactSign(bytes).setProtectedHeader({ alg: signing.alg });
  return Buffer.from(await jws.sign(createPrivateKey(signing.privateKeyPem)), 'ascii');
}

function send(message: FromTill): void {
  process.send?.(message);
}

let till: Till | undefined;

async function obey(message: ToTill): Promise<void> {
  switch (message.type) {
    case 'begin':
      till = new Till(message.identity, await readSubmissions(message.salesFile, message.identity));
      send({ type: 'ready' });
      return;
    case 'gateway':
      if (till === undefined) throw new TillgateError('INTERNAL', 'The till was not begun.');
      till.reach(message.life);
      return;
    case 'stop':
      till?.stop();
      process.disconnect();
      return;
  }
}

process.on('message', (message) => void obey(message as ToTill));
/** The demonstration went away: nothing is left to do. */
process.on('disconnect', () => process.exit());
