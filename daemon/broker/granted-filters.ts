/** The topic filters that one client holds, and the QoS that it was granted for each. */
import { topicMatches } from '../../protocol/topics.ts';

/** All topics of a device are fewer than twenty filters. */
export const FILTERS_MAX = 256;

export class GrantedFilters {
  readonly #filters = new Map<string, 0 | 1 | 2>();

  /** False when it is one too many; a filter again only replaces itself ([MQTT-3.8.4-3]). */
  hasRoomFor(filter: string): boolean {
    return this.#filters.size < FILTERS_MAX || this.#filters.has(filter);
  }

  has(filter: string): boolean {
    return this.#filters.has(filter);
  }

  grant(filter: string, qos: 0 | 1 | 2): void {
    this.#filters.set(filter, qos);
  }

  drop(filter: string): void {
    this.#filters.delete(filter);
  }

  /** The highest QoS over all filters that match ([MQTT-3.3.5-1]); undefined when none does. */
  qosFor(topic: string): 0 | 1 | 2 | undefined {
    let highest: 0 | 1 | 2 | undefined;
    for (const [filter, qos] of this.#filters) {
      if ((highest === undefined || qos > highest) && topicMatches(filter, topic)) highest = qos;
    }
    return highest;
  }
}
