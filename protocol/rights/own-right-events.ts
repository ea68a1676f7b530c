/**
 * What headquarters writes into its own log about rights, as entries of kind `grant`: what it spends
 * from the grants that it gave itself, and which gateways it fenced. All of it names its chain.
 */
import { isPool } from './pool.ts';
import type { Drawn } from './right-entries.ts';

export type OwnRightEvent =
  /** An online promise; `released` or `collected` ends it. */
  | { event: 'promised'; id: string; pool: string; amount: number; from: readonly Drawn[] }
  /** A coupon, points or stored value spent online, for good. */
  | { event: 'spent'; id: string; pool: string; amount: number; from: readonly Drawn[] }
  | { event: 'released' | 'collected'; id: string }
  /** A grant of its own that headquarters closes, or part of what it earned: to be handed out anew. */
  | { event: 'takenBack'; grantId: string; pool: string; amount: number }
  /** A person says that the gateway is dead: what it still held is headquarters' again. */
  | { event: 'fenced'; store: string; gateway: string; by: string; reason: string }
  /** After a restore: the gateway has shown what it holds, and headquarters has all of it. */
  | { event: 'reported'; store: string; gateway: string };

/** Reads the members of an entry; undefined for any other. */
export function readOwnRightEvent(
  header: Readonly<Record<string, unknown>>,
): { chain: string; event: OwnRightEvent } | undefined {
  const { kind, chain, event } = header;
  if (kind !== 'grant' || typeof chain !== 'string') return undefined;
  const form = FORMS[String(event)];
  if (!form?.every((name) => isMember(name, header[name]))) return undefined;
  const members = Object.fromEntries(form.map((name) => [name, header[name]]));
  return { chain, event: { event, ...members } as OwnRightEvent };
}

const SPEND = ['id', 'pool', 'amount', 'from'];
const FORMS: Readonly<Record<string, readonly string[] | undefined>> = {
  promised: SPEND,
  spent: SPEND,
  released: ['id'],
  collected: ['id'],
  takenBack: ['grantId', 'pool', 'amount'],
  reported: ['store', 'gateway'],
  fenced: ['store', 'gateway', 'by', 'reason'],
};

function isMember(name: string, value: unknown): boolean {
  if (name === 'amount') return Number.isSafeInteger(value) && Number(value) >= 0;
  if (name === 'from') return Array.isArray(value) && value.every(isDrawn);
  return typeof value === 'string' && (name !== 'pool' || isPool(value));
}

function isDrawn(value: unknown): boolean {
  const { grantId, amount } = Object(value) as Record<string, unknown>;
  return typeof grantId === 'string' && Number.isSafeInteger(amount) && Number(amount) > 0;
}
