/**
 * Which gateways have shown what they hold since this process began, and whether headquarters has all
 * of it: after a restore nothing is handed out before they all have. The log is looked at here; what
 * else is to come back after a restore is asked of those who bring it (`alsoNeeds`).
 */
import { parseOrigin } from '../../protocol/log/origin.ts';
import { hqUsername } from '../../protocol/replication/hq-topics.ts';
import type { GatewayName } from './rights-ports.ts';

export class GatewayReports {
  /** The size that each log was shown with and custody does not hold yet. */
  readonly #awaited = new Map<string, number>();
  readonly #logs = new Map<string, GatewayName>();
  readonly #further: ((gateway: GatewayName) => boolean)[] = [];

  /** Something else of the gateway has to be here before its report is complete. */
  alsoNeeds(isHere: (gateway: GatewayName) => boolean): void {
    this.#further.push(isHere);
  }

  /** A checkpoint of `size`, signed by the log's key, of which custody holds `heldSize` entries. */
  shown(origin: string, size: number, heldSize: number): void {
    if (heldSize >= size) this.#note(origin);
    else this.#awaited.set(origin, size);
  }

  /** Custody holds `size` entries of `origin` now. */
  kept(origin: string, size: number): void {
    const awaited = this.#awaited.get(origin);
    if (awaited === undefined || size < awaited) return;
    this.#awaited.delete(origin);
    this.#note(origin);
  }

  isReported(gateway: GatewayName): boolean {
    return this.#logs.has(hqUsername(gateway)) && this.#further.every((isHere) => isHere(gateway));
  }

  complete(): GatewayName[] {
    return [...this.#logs.values()].filter((gateway) => this.isReported(gateway));
  }

  #note(origin: string): void {
    const { chain, store, gateway } = parseOrigin(origin);
    this.#logs.set(hqUsername({ chain, store, gateway }), { chain, store, gateway });
  }
}
