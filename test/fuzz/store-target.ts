/**
 * The store's broker with its real doors, TCP and WebSocket: whatever strangers and devices send, the
 * process lives, a till sells, and nobody is left over.
 */
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { must } from '../../protocol/must.ts';
import { PASSWORD, startStoreLab } from '../support/store-lab.ts';
import { encodePackets } from '../support/mqtt-sequence.ts';
import { cut, mutate } from './mutate.ts';
import { PacketSource } from './packet-source.ts';
import { sendAndLeave } from './peer.ts';
import type { Random } from './random.ts';
import type { OpenTarget } from './targets.ts';
import { frames, UPGRADE } from './web-socket-frames.ts';

const ROLES = { lab: { publish: ['#'], subscribe: ['#'], deny: ['denied/#'] } };
const LOGIN = { userName: 'lab', password: PASSWORD };
const SESSIONS = 8;
const LEFT_MS_MAX = 10_000;

export async function openStoreTarget(): Promise<OpenTarget> {
  const ends: (() => unknown)[] = [];
  const lab = await startStoreLab(
    { teardown: (end) => void ends.push(end) },
    { devices: [['lab', 'lab'], 't1'], roles: ROLES },
  );
  const source = new PacketSource(LOGIN);
  const webSocketPort = must(lab.broker.addresses.webSocket, 'WebSocket is open').port;
  return {
    run(random) {
      const chunks = cut(source.stream(random), random);
      if (random.chance(40)) return sendAndLeave(lab.port, chunks);
      if (random.chance(60))
        return sendAndLeave(lab.port, cut(keptSession(source, random), random), random);
      return sendAndLeave(webSocketPort, overWebSocket(chunks, random));
    },
    async check() {
      const till = await lab.mqtt('t1');
      await till.publishAsync('transactions/t1/submit', '{}', { qos: 1 });
      await till.endAsync();
      const deadlineMs = performance.now() + LEFT_MS_MAX;
      while (lab.broker.connectionCount > 0 && performance.now() < deadlineMs) await sleep(20);
      assert.equal(lab.broker.connectionCount, 0, 'no connection is left over');
    },
    async close() {
      for (const end of ends) await end();
    },
  };
}

/** A session that is kept, hears all, and speaks to itself; few, so that they come back. */
function keptSession(source: PacketSource, random: Random): Buffer {
  const names = { key: `${random.below(SESSIONS)}`, credentials: LOGIN, captured: [] };
  const connect = '10 * "MQTT" 04 C0 003C "kept%" @ ; 82 * 0001 "f/#" 02';
  const publishes = Array.from({ length: 1 + random.below(3) }, (_, at) => {
    const qos = random.below(3);
    const id = qos === 0 ? '' : `000${at + 1}`;
    return `3${qos * 2} * "f/%" ${id} 'x'`;
  });
  const own = encodePackets([connect, ...publishes].join(' ; '), names);
  return random.chance(50) ? Buffer.concat(own) : Buffer.concat([...own, source.packets(random)]);
}

function overWebSocket(chunks: readonly Buffer[], random: Random): Buffer[] {
  const framed = frames(chunks, random);
  const spoiltPercent = random.pick([0, 10, 40]);
  const spoilt = framed.map((one) => (random.chance(spoiltPercent) ? mutate(one, random) : one));
  const upgrade = random.chance(10) ? mutate(UPGRADE, random) : UPGRADE;
  return [upgrade, ...spoilt];
}
