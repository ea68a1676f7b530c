/**
 * Which gateways have shown what they hold since this process began, and whether headquarters has all
 * of it: after a restore nothing is handed out before they all have. A report has parts (the log, and
 * what else is to come back after a restore); it is complete with the last of them.
 */
import { parseOrigin } from '../../protocol/log/origin.ts';
import { hqUsername } from '../../protocol/replication/hq-topics.ts';
import type { GatewayName } from './rights-ports.ts';

export type ReportPart = 'log' | 'feeds';

export class GatewayReports {
  readonly #parts: readonly ReportPart[];
  /** The size that each log was shown with and custody does not hold yet. */
  readonly #awaited = new Map<string, number>();
  readonly #noted = new Map<string, { gateway: GatewayName; parts: Set<ReportPart> }>();

  constructor(parts: readonly ReportPart[]) {
    this.#parts = parts;
  }

  /** A checkpoint of `size`, signed by the log's key, of which custody holds `heldSize` entries. */
  shown(origin: string, size: number, heldSize: number): void {
    if (heldSize >= size) this.note(parseOrigin(origin), 'log');
    else this.#awaited.set(origin, size);
  }

  /** Custody holds `size` entries of `origin` now. */
  kept(origin: string, size: number): void {
    const awaited = this.#awaited.get(origin);
    if (awaited === undefined || size < awaited) return;
    this.#awaited.delete(origin);
    this.note(parseOrigin(origin), 'log');
  }

  note({ chain, store, gateway }: GatewayName, part: ReportPart): void {
    const name = hqUsername({ chain, store, gateway });
    const known = this.#noted.get(name) ?? { gateway: { chain, store, gateway }, parts: new Set() };
    this.#noted.set(name, known);
    known.parts.add(part);
  }

  isReported(gateway: GatewayName): boolean {
    const known = this.#noted.get(hqUsername(gateway));
    return known !== undefined && this.#isComplete(known.parts);
  }

  complete(): GatewayName[] {
    return [...this.#noted.values()]
      .filter(({ parts }) => this.#isComplete(parts))
      .map(({ gateway }) => gateway);
  }

  #isComplete(parts: ReadonlySet<ReportPart>): boolean {
    return this.#parts.every((part) => parts.has(part));
  }
}
