/**
 * Who may publish and subscribe to what. A role is lists of topic filters in which `{deviceId}`
 * stands for the device's own id: nothing that `publish` and `subscribe` do not cover is allowed, and
 * nothing that `deny` covers, whatever they say.
 *
 * A rule is read like a subscription, so wildcards do not reach into topics that begin with `$`; but
 * `#` alone is everything. `$SYS/` is the broker's own and nobody publishes there.
 */
import { filterCovers, topicMatches } from '../../protocol/topics.ts';

export interface RoleRules {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Neither published to nor read. */
  readonly deny?: readonly string[];
}

const EVERYTHING = '#';
const BROKER_ROOT = '$SYS/';
const WITHOUT_WILLS = ['transactions/', 'peripherals/'];

/** The rules of one device: a role with its id put in. */
export class Permissions {
  readonly #publish: readonly string[];
  readonly #subscribe: readonly string[];
  readonly #deny: readonly string[];

  constructor(rules: RoleRules, deviceId: string) {
    const fill = (filter: string): string => filter.replaceAll('{deviceId}', deviceId);
    this.#publish = rules.publish.map(fill);
    this.#subscribe = rules.subscribe.map(fill);
    this.#deny = (rules.deny ?? []).map(fill);
  }

  mayPublish(topic: string): boolean {
    if (topic.startsWith(BROKER_ROOT) || this.#deny.some((rule) => covers(rule, topic)))
      return false;
    return this.#publish.some((rule) => rule === EVERYTHING || topicMatches(rule, topic));
  }

  mayLeaveWill(topic: string): boolean {
    return !WITHOUT_WILLS.some((root) => topic.startsWith(root)) && this.mayPublish(topic);
  }

  /** True when everything that `filter` could match is allowed. */
  maySubscribe(filter: string): boolean {
    if (this.#deny.some((rule) => covers(rule, filter))) return false;
    return this.#subscribe.some((rule) => covers(rule, filter));
  }
}

/** Is all that `filter` could match within `rule`? */
function covers(rule: string, filter: string): boolean {
  if (rule === EVERYTHING) return true;
  return rule.startsWith('$') === filter.startsWith('$') && filterCovers(rule, filter);
}
