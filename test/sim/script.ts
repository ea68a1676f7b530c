/**
 * What happens in a run, as a list: what tills do and what goes wrong. It is made from the seed
 * before anything runs, so that any part of it can be run again alone. `n` is the step's place in
 * the whole script; what a step draws hangs on it, not on the steps that were left out.
 */
import type { SaleVariant } from './sale.ts';

/** A gateway by its store and copy; copy 0 is there from the start, 1 after a clone. */
export type GatewayName = { store: number; copy: number };

export type Action =
  | { type: 'sell'; till: number; variant: SaleVariant }
  | { type: 'moveTill'; till: number; copy: number }
  | {
      type: 'crashGateway';
      at: GatewayName;
      boundaries: number;
      isPowerCut: boolean;
      downMs: number;
    }
  | { type: 'crashHq'; boundaries: number; isPowerCut: boolean; downMs: number }
  | { type: 'cutLink'; at: GatewayName; forMs: number }
  | { type: 'weather'; forMs: number; lossRate: number; duplicateRate: number; delayMs: number }
  | { type: 'brokerForgets' }
  | { type: 'diskFull'; at: GatewayName | 'hq'; forMs: number }
  | { type: 'ioError'; at: GatewayName | 'hq'; boundaries: number }
  | { type: 'clockJump'; at: GatewayName | 'hq'; byMs: number }
  | { type: 'rotGatewayFile'; at: GatewayName; file: 'signed-head' | 'hq-head' }
  | { type: 'rotHq' }
  | { type: 'copyHq' }
  | { type: 'restoreHq' }
  | { type: 'copyGateway'; at: GatewayName }
  | { type: 'rollBackGateway'; at: GatewayName; what: 'ledger' | 'disk'; offlineMs: number }
  | { type: 'cloneGateway'; store: number; offlineMs: number }
  | { type: 'newerEntry'; at: GatewayName; isLaterVersion: boolean }
  | { type: 'newerHeaders'; forMs: number }
  | { type: 'newerControl'; at: GatewayName; towards: 'up' | 'down' };

export type Step = Action & { n: number; atMs: number };

/** One line a person can read. */
export function describeStep({ n, atMs, type, ...rest }: Step): string {
  const words = Object.entries(rest).map(([name, value]) => `${name}=${text(value)}`);
  return [`#${n}`.padEnd(5), `${(atMs / 1000).toFixed(3)} s`.padStart(10), type, ...words].join(
    ' ',
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
