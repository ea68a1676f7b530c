/**
 * The state of a simulated printer's mechanics and the status bytes that tell of it, written from the
 * tables of the command reference.
 */
export interface MachineState {
  isCoverOpen: boolean;
  paper: 'ok' | 'low' | 'out';
  isFeeding: boolean;
  cutter: 'ok' | 'jammed' | 'error';
  isHot: boolean;
  isBroken: boolean;
  /** Pin 3 of the drawer connector. */
  isDrawerHigh: boolean;
}

export function freshMachine(): MachineState {
  return {
    isCoverOpen: false,
    paper: 'ok',
    isFeeding: false,
    cutter: 'ok',
    isHot: false,
    isBroken: false,
    isDrawerHigh: false,
  };
}

export function isOffline(machine: MachineState): boolean {
  return (
    machine.isCoverOpen ||
    machine.paper === 'out' ||
    machine.isFeeding ||
    machine.cutter === 'error' ||
    machine.isHot ||
    machine.isBroken
  );
}

/** The answer to `DLE EOT n`; undefined for an n that does not exist. */
export function realTimeAnswer(machine: MachineState, n: number): number | undefined {
  const { isCoverOpen, isFeeding, isHot, isBroken, paper } = machine;
  const hasCutterError = machine.cutter === 'error';
  switch (n) {
    case 1:
      return bits(0x12, [2, machine.isDrawerHigh], [3, isOffline(machine)], [6, isFeeding]);
    case 2:
      return bits(
        0x12,
        [2, isCoverOpen],
        [3, isFeeding],
        [5, paper === 'out'],
        [6, hasCutterError || isHot || isBroken],
      );
    case 3:
      return bits(0x12, [3, hasCutterError], [5, isBroken], [6, isHot]);
    case 4:
      return bits(
        0x12,
        [2, paper !== 'ok'],
        [3, paper !== 'ok'],
        [5, paper === 'out'],
        [6, paper === 'out'],
      );
    default:
      return undefined;
  }
}

/** The four bytes of automatic status. */
export function automaticStatus(machine: MachineState): Uint8Array {
  const { isCoverOpen, isFeeding, paper } = machine;
  return Uint8Array.of(
    bits(
      0x10,
      [2, machine.isDrawerHigh],
      [3, isOffline(machine)],
      [5, isCoverOpen],
      [6, isFeeding],
    ),
    bits(0, [3, machine.cutter === 'error'], [5, machine.isBroken], [6, machine.isHot]),
    bits(0, [0, paper !== 'ok'], [1, paper !== 'ok'], [2, paper === 'out'], [3, paper === 'out']),
    0x0f,
  );
}

/** The answer to `GS r n`. */
export function inLineAnswer(machine: MachineState, n: number): number {
  if (n === 2 || n === 50) return machine.isDrawerHigh ? 1 : 0;
  const isOut = machine.paper === 'out';
  return (machine.paper === 'ok' ? 0 : 0x03) | (isOut ? 0x0c : 0);
}

function bits(fixed: number, ...flags: readonly (readonly [number, boolean])[]): number {
  return flags.reduce((byte, [bit, isSet]) => byte | (isSet ? 1 << bit : 0), fixed);
}
