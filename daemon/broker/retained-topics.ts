/**
 * Which publishes of devices are kept for later subscribers. The trees of the gateway's contract hold
 * requests and answers, which must never come twice, and what only the gateway may say; on the
 * operator's own topics `retain` means what MQTT 3.1.1 section 3.3.1.3 says, within bounds.
 */

/** The gateway's own trees, where a device's `retain` is cleared. */
const CONTRACT_TREES = [
  'transactions',
  'peripherals',
  'queries',
  'reservations',
  'feeds',
  'gateway',
];

/** Signs and labels of a store by the thousand; each is matched against every new subscription. */
const TOPICS_MAX = 4096;
/** Held in memory beside the sessions' queues. */
const BYTES_MAX = 16 * 1024 * 1024;

/** What a packet's object costs beside its payload. */
const PACKET_OVERHEAD_BYTES = 256;

/** Is `topic` in a tree where only the gateway itself retains? */
export function isContractTopic(topic: string): boolean {
  const [root = ''] = topic.split('/', 1);
  return CONTRACT_TREES.includes(root);
}

export class RetainedTopics {
  readonly #limits: { topicsMax: number; bytesMax: number };
  readonly #costs = new Map<string, number>();
  #bytes = 0;

  constructor(limits = { topicsMax: TOPICS_MAX, bytesMax: BYTES_MAX }) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a retained publish; false when there is no room. An empty payload makes room. */
  take(topic: string, payloadBytes: number): boolean {
    const before = this.#costs.get(topic) ?? 0;
    const cost = payloadBytes === 0 ? 0 : PACKET_OVERHEAD_BYTES + topic.length + payloadBytes;
    if (cost > before && this.#bytes - before + cost > this.#limits.bytesMax) return false;
    if (cost > 0 && before === 0 && this.#costs.size >= this.#limits.topicsMax) return false;
    this.#bytes += cost - before;
    if (cost === 0) this.#costs.delete(topic);
    else this.#costs.set(topic, cost);
    return true;
  }
}
