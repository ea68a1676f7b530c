/**
 * Who may publish and subscribe to what. A role is two lists of topic filters in which `{deviceId}`
 * stands for the device's own id; nothing that the lists do not cover is allowed.
 */
import { filterCovers, topicMatches } from '../../protocol/topics.ts';

export interface RoleRules {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** The rules of one device: a role with its id put in. */
export class Permissions {
  readonly #publish: readonly string[];
  readonly #subscribe: readonly string[];

  constructor(rules: RoleRules, deviceId: string) {
    const fill = (filter: string): string => filter.replaceAll('{deviceId}', deviceId);
    this.#publish = rules.publish.map(fill);
    this.#subscribe = rules.subscribe.map(fill);
  }

  mayPublish(topic: string): boolean {
    return this.#publish.some((filter) => topicMatches(filter, topic));
  }

  /** True when everything that `filter` could match is allowed. */
  maySubscribe(filter: string): boolean {
    // Wildcards never reach into `$` topics, so only a rule that names them covers them.
    const isReserved = filter.startsWith('$');
    return this.#subscribe.some(
      (rule) => rule.startsWith('$') === isReserved && filterCovers(rule, filter),
    );
  }
}
