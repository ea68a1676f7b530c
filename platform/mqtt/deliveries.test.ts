/**
 * Goal: the open deliveries of a client are known from the bytes alone, however they are cut.
 * Method: packets made by the library that the broker writes with, fed byte by byte and whole.
 */
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import type { Packet } from 'mqtt-packet';
import t from 'tap';
import { Deliveries, OPEN_DELIVERIES_MAX } from './deliveries.ts';
import { PUBACK, PUBCOMP, PUBREC } from './packet-check.ts';

function publish(qos: 0 | 1 | 2, messageId: number, size = 3): Packet {
  const topic = 'x'.repeat((size % 200) + 1);
  const base = { cmd: 'publish', topic, payload: Buffer.alloc(size), qos } as const;
  return { ...base, messageId, retain: false, dup: false };
}

function sent(...packets: Packet[]): Deliveries {
  const deliveries = new Deliveries();
  for (const packet of packets) deliveries.sent(mqttPacket.generate(packet));
  return deliveries;
}

void t.test('each flow has one right answer', (t) => {
  t.notOk(sent(publish(1, 7)).answered(PUBREC, 7), 'PUBREC for QoS 1');
  t.notOk(sent(publish(1, 7)).answered(PUBCOMP, 7), 'PUBCOMP for QoS 1');
  t.notOk(sent(publish(2, 7)).answered(PUBACK, 7), 'PUBACK for QoS 2');
  t.notOk(sent(publish(2, 7)).answered(PUBCOMP, 7), 'PUBCOMP before PUBREC');
  const released = sent(publish(2, 7), { cmd: 'pubrel', messageId: 7 });
  t.notOk(released.answered(PUBACK, 7), 'PUBACK after PUBREL');
  t.ok(released.answered(PUBREC, 7), 'PUBREC may come again');
  t.ok(released.answered(PUBCOMP, 7));
  t.equal(released.openCount, 0);
  t.ok(sent(publish(1, 7)).answered(PUBACK, 7));
  for (const type of [PUBACK, PUBREC, PUBCOMP]) {
    t.ok(sent(publish(0, 0)).answered(type, 7), 'nobody asked, nothing is broken');
  }
  t.end();
});

void t.test('the pieces do not matter', (t) => {
  const packet = fc.oneof(
    fc
      .tuple(fc.constantFrom<1 | 2>(1, 2), fc.integer({ min: 1, max: 65_535 }), fc.nat(300))
      .map(([qos, id, size]) => publish(qos, id, size)),
    fc.constant(publish(0, 0)),
    fc.constant<Packet>({ cmd: 'pingresp' }),
    fc.constant<Packet>({ cmd: 'suback', messageId: 9, granted: [0, 1, 2] }),
    fc.integer({ min: 1, max: 65_535 }).map((id): Packet => ({ cmd: 'pubrel', messageId: id })),
  );
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), (all, cut) => {
      const bytes = Buffer.concat(all.map((one) => mqttPacket.generate(one)));
      const deliveries = new Deliveries();
      for (let at = 0; at < bytes.length; at += cut) deliveries.sent(bytes.subarray(at, at + cut));
      const ids = all.flatMap((one) =>
        one.cmd === 'pubrel' || (one.cmd === 'publish' && one.qos > 0) ? [one.messageId] : [],
      );
      return deliveries.openCount === new Set(ids).size;
    }),
  );
  t.end();
});

void t.test('a client that never answers costs a bounded amount', (t) => {
  const deliveries = new Deliveries();
  for (let id = 1; id <= OPEN_DELIVERIES_MAX + 1; id += 1) {
    deliveries.sent(mqttPacket.generate(publish(1, id)));
  }
  t.equal(deliveries.openCount, OPEN_DELIVERIES_MAX);
  t.ok(deliveries.answered(PUBREC, 1), 'the oldest is forgotten');
  t.notOk(deliveries.answered(PUBREC, 2));
  t.end();
});
