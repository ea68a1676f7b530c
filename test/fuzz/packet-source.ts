/** Streams of MQTT packets for the fuzzer: from the corpus, put together anew and changed. */
import { encodePackets, readCorpus, stepsOf } from '../support/mqtt-sequence.ts';
import type { Credentials } from '../support/mqtt-sequence.ts';
import { mutatePacket } from './mutate.ts';
import type { Random } from './random.ts';

const PACKETS_MAX = 8;
const CONNECT_FIRST_BYTE = 0x10;
const NO_CAPTURE = Array.from({ length: 3 }, () => Buffer.from([0, 1]));

export class PacketSource {
  readonly #connects: Buffer[];
  readonly #packets: Buffer[];

  /** `more` are packets that the corpus does not have. */
  constructor(credentials: Credentials, more: readonly Buffer[] = []) {
    const names = { key: 'f', credentials, captured: NO_CAPTURE };
    const all = [...readCorpus().values()]
      .flat()
      .flatMap(stepsOf)
      .filter(({ action }) => action === 'send')
      .flatMap(({ text }) => encodePackets(text, names));
    this.#connects = all.filter((packet) => packet[0] === CONNECT_FIRST_BYTE);
    this.#packets = [...all.filter((packet) => packet[0] !== CONNECT_FIRST_BYTE), ...more];
  }

  /** A CONNECT, most often one that is let in, and some packets after it, changed or not. */
  stream(random: Random): Buffer {
    const connect = random.chance(70) ? this.#connects[0] : random.pick(this.#connects);
    const first = connect ?? random.pick(this.#connects);
    return Buffer.concat([
      random.chance(10) ? mutatePacket(first, random) : first,
      this.packets(random),
    ]);
  }

  /** Some packets that may follow a CONNECT. */
  packets(random: Random): Buffer {
    const changePercent = random.pick([0, 20, 60]);
    const packets = Array.from({ length: random.below(PACKETS_MAX) }, () => {
      const packet = random.pick(this.#packets);
      return random.chance(changePercent) ? mutatePacket(packet, random) : packet;
    });
    return Buffer.concat(packets);
  }
}
