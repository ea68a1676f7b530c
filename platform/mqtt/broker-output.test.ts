/** What the broker writes to one client: CONNACK first, each PUBACK when its message is safe. */
import mqttPacket from 'mqtt-packet';
import type { Packet } from 'mqtt-packet';
import t from 'tap';
import { BrokerOutput } from './broker-output.ts';

const CONNACK = bytesOf({ cmd: 'connack', returnCode: 0, sessionPresent: false });
const PINGRESP = bytesOf({ cmd: 'pingresp' });
const puback = (messageId: number): Buffer => bytesOf({ cmd: 'puback', messageId });
const publish = (payload: string): Buffer =>
  bytesOf({ cmd: 'publish', topic: 'a', payload, qos: 0, dup: false, retain: false });

function bytesOf(packet: Packet): Buffer {
  return mqttPacket.generate(packet);
}

class Target {
  sent: Buffer[] = [];
  reads = 0;
  aborts: string[] = [];

  send(bytes: Uint8Array): void {
    this.sent.push(Buffer.from(bytes));
  }

  _read(): void {
    this.reads += 1;
  }

  readOn(): void {
    this.reads += 1;
  }

  abort(reason: string): void {
    this.aborts.push(reason);
  }

  /** What was sent since the last look. */
  take(): Buffer {
    return Buffer.concat(this.sent.splice(0));
  }
}

function open(isHolding = true): { target: Target; output: BrokerOutput } {
  const target = new Target();
  const output = new BrokerOutput(target);
  if (isHolding) output.holdAcknowledgements();
  output.write(CONNACK);
  target.take();
  return { target, output };
}

void t.test('CONNACK goes first, what was written before it follows', (t) => {
  const target = new Target();
  const output = new BrokerOutput(target);
  output.write(publish('waited'));
  t.equal(target.take().length, 0);
  output.write(CONNACK);
  t.same(target.take(), Buffer.concat([CONNACK, publish('waited')]));
  t.end();
});

void t.test('a client that is owed too much before its CONNACK is put out', (t) => {
  const target = new Target();
  const output = new BrokerOutput(target);
  for (let at = 0; at < 4; at += 1) output.write(publish('x'.repeat(256 * 1024)));
  t.same(target.aborts, ['egress-overflow']);
  t.equal(target.take().length, 0);
  t.end();
});

void t.test('PUBACKs leave when they are allowed, in the order of their messages', (t) => {
  const { target, output } = open();
  for (const id of [1, 2, 3]) output.write(puback(id));
  output.write(PINGRESP);
  t.same(target.take(), PINGRESP, 'nothing else waits for them');
  output.allow(2);
  t.equal(target.take().length, 0, 'not before the first');
  output.allow(1);
  t.same(target.take(), Buffer.concat([puback(1), puback(2)]));
  output.allow(9);
  output.allow(3);
  t.same(target.take(), puback(3));
  t.end();
});

void t.test('an id that is used again is allowed once for each message', (t) => {
  const { target, output } = open();
  output.write(puback(1));
  output.write(puback(1));
  output.allow(1);
  t.same(target.take(), puback(1));
  output.allow(1);
  t.same(target.take(), puback(1));
  t.end();
});

void t.test('packets are told apart however they are cut', (t) => {
  const all = Buffer.concat([publish('y'.repeat(300)), puback(7), PINGRESP, publish('z')]);
  const others = Buffer.concat([publish('y'.repeat(300)), PINGRESP, publish('z')]);
  for (const size of [1, 2, 3, 5, 7, 150, all.length]) {
    const { target, output } = open();
    for (let at = 0; at < all.length; at += size) output.write(all.subarray(at, at + size));
    t.same(target.take(), others, `in pieces of ${size}`);
    output.allow(7);
    t.same(target.take(), puback(7));
  }
  t.end();
});

void t.test('who sends much ahead of its acknowledgements is read again when they left', (t) => {
  const { target, output } = open();
  for (let id = 1; id <= 256; id += 1) output.write(puback(id));
  t.equal(output.owesMuch, true);
  output.allow(2);
  t.equal(target.reads, 0);
  output.allow(1);
  t.equal(target.reads, 1);
  t.equal(output.owesMuch, false);
  t.end();
});

void t.test('without holding everything passes at once', (t) => {
  const { target, output } = open(false);
  output.write(puback(1));
  t.same(target.take(), puback(1));
  t.end();
});
