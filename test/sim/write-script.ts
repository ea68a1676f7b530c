/** Makes the script of a run from its seed: sales all along, and a few of the faults there are. */
import type { Dice } from './dice.ts';
import type { SaleVariant } from './sale.ts';
import type { Action, GatewayName, Step } from './script.ts';

export type ScriptOptions = {
  stores: number;
  tillsPerStore: number;
  /** Sales of the whole run, at most. */
  sales: number;
  /** Faults of the whole run, at most. */
  faults: number;
  /** Virtual time that the script covers. */
  lengthMs: number;
};

const YEAR_MS = 31_557_600_000;

const VARIANTS: Readonly<Record<SaleVariant, number>> = {
  plain: 20,
  wrongSum: 4,
  garbage: 2,
  later: 1,
  large: 1,
  training: 1,
  cashMovement: 1,
  collides: 2,
};

const FAULTS: Readonly<Record<Exclude<Action['type'], 'sell'>, number>> = {
  moveTill: 3,
  crashGateway: 10,
  crashHq: 10,
  cutLink: 5,
  weather: 6,
  brokerForgets: 3,
  diskFull: 3,
  ioError: 3,
  clockJump: 3,
  rotGatewayFile: 1,
  rotHq: 1,
  copyHq: 3,
  restoreHq: 4,
  copyGateway: 4,
  rollBackGateway: 4,
  cloneGateway: 3,
  newerEntry: 2,
  newerHeaders: 1,
  newerControl: 2,
};

export function writeScript(dice: Dice, options: ScriptOptions): Step[] {
  const actions: Action[] = [];
  const tills = options.stores * options.tillsPerStore;
  for (let left = dice.between(1, options.sales); left > 0; left -= 1) {
    actions.push({ type: 'sell', till: dice.below(tills), variant: dice.weighted(VARIANTS) });
  }
  for (let left = dice.between(0, options.faults); left > 0; left -= 1) {
    actions.push(fault(dice, options));
  }
  const timed = actions.map((action) => ({ ...action, atMs: dice.below(options.lengthMs) }));
  // Equal times keep the order they were drawn in.
  timed.sort((a, b) => a.atMs - b.atMs);
  return timed.map((action, n) => ({ ...action, n }));
}

function fault(dice: Dice, options: ScriptOptions): Action {
  const at: GatewayName = { store: dice.below(options.stores), copy: dice.below(2) };
  const node = dice.chance(0.5) ? at : 'hq';
  const type = dice.weighted(FAULTS);
  switch (type) {
    case 'moveTill':
      return {
        type,
        till: dice.below(options.stores * options.tillsPerStore),
        copy: dice.below(2),
      };
    case 'crashGateway':
      return { type, at, ...crash(dice) };
    case 'crashHq':
      return { type, ...crash(dice) };
    case 'cutLink':
      return { type, at, forMs: dice.between(1, 60_000) };
    case 'weather': {
      const rates = { lossRate: dice.next() * 0.4, duplicateRate: dice.next() * 0.4 };
      return { type, forMs: dice.between(1_000, 60_000), ...rates, delayMs: dice.below(20_000) };
    }
    case 'brokerForgets':
    case 'rotHq':
    case 'copyHq':
    case 'restoreHq':
      return { type };
    case 'diskFull':
      return { type, at: node, forMs: dice.between(1, 30_000) };
    case 'ioError':
      return { type, at: node, boundaries: dice.between(1, 40) };
    case 'clockJump':
      return { type, at: node, byMs: dice.between(-20 * YEAR_MS, 20 * YEAR_MS) };
    case 'rotGatewayFile':
      return { type, at, file: dice.pick(['signed-head', 'hq-head']) };
    case 'copyGateway':
      return { type, at };
    case 'rollBackGateway':
      return { type, at, what: dice.pick(['ledger', 'disk']), offlineMs: offline(dice) };
    case 'cloneGateway':
      return { type, store: at.store, offlineMs: offline(dice) };
    case 'newerEntry':
      return { type, at, isLaterVersion: dice.chance(0.5) };
    case 'newerHeaders':
      return { type, forMs: dice.between(1_000, 60_000) };
    case 'newerControl':
      return { type, at, towards: dice.pick(['up', 'down']) };
  }
}

/** A gateway that went back or was copied often sells for a while before it hears from anybody. */
function offline(dice: Dice): number {
  return dice.chance(0.6) ? dice.between(1, 40_000) : 0;
}

function crash(dice: Dice): { boundaries: number; isPowerCut: boolean; downMs: number } {
  const isPowerCut = dice.chance(0.6);
  return { boundaries: dice.between(1, 40), isPowerCut, downMs: dice.between(1, 20_000) };
}
