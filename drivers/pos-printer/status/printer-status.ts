/**
 * A printer's state, read from either kind of status, and what it means for a job: the reasons of
 * `peripherals/…/state`. Names are UnifiedPOS's where it has one; the rest follows its pattern and is
 * described in docs/printers.md.
 */
import type { PeripheralCondition } from '../../session-machine.ts';
import type { AutomaticStatus } from './printer-frame.ts';

export interface PrinterStatus {
  /** Pin 3 of the drawer connector. */
  readonly isDrawerHigh: boolean;
  readonly isOffline: boolean;
  readonly isCoverOpen: boolean;
  readonly isFeeding: boolean;
  readonly isPaperOut: boolean;
  readonly isPaperLow: boolean;
  readonly hasMechanicalError: boolean;
  readonly hasCutterError: boolean;
  readonly hasUnrecoverableError: boolean;
  /** The head is too hot (or its voltage is off): goes away by itself. */
  readonly hasPassingError: boolean;
}

/** Reasons that stop every job, most telling first. */
const STOPPING = [
  ['isPaperOut', 'PTR_SUE_REC_EMPTY'],
  ['isCoverOpen', 'PTR_SUE_COVER_OPEN'],
  ['hasCutterError', 'PTR_SUE_CUTTER_ERROR'],
  ['hasMechanicalError', 'PTR_SUE_MECHANICAL_ERROR'],
  ['hasUnrecoverableError', 'PTR_SUE_UNRECOVERABLE_ERROR'],
  ['hasPassingError', 'PTR_SUE_HEAD_OVERHEATED'],
  ['isFeeding', 'PTR_SUE_FEEDING'],
] as const satisfies readonly (readonly [keyof PrinterStatus, string])[];

/** Offline without a reason of the list above. */
export const OFFLINE = 'SUE_POWER_OFFLINE';
/** The printer answers nothing: off, or no cable. */
export const MUTE = 'SUE_POWER_OFF_OFFLINE';
export const PAPER_LOW = 'PTR_SUE_REC_NEAREMPTY';

/** `DLE EOT 1` to `4`, in this order. */
export function fromRealTime(answers: readonly [number, number, number, number]): PrinterStatus {
  const [printer, offlineCause, errorCause, paper] = answers;
  return {
    isDrawerHigh: has(printer, 2),
    isOffline: has(printer, 3),
    isCoverOpen: has(offlineCause, 2),
    isFeeding: has(offlineCause, 3) || has(printer, 6),
    isPaperOut: has(offlineCause, 5) || has(paper, 5) || has(paper, 6),
    isPaperLow: has(paper, 2) || has(paper, 3),
    hasMechanicalError: has(errorCause, 2),
    hasCutterError: has(errorCause, 3),
    hasUnrecoverableError: has(errorCause, 5),
    hasPassingError: has(errorCause, 6),
  };
}

export function fromAutomatic([printer, error, paper]: AutomaticStatus): PrinterStatus {
  return {
    isDrawerHigh: has(printer, 2),
    isOffline: has(printer, 3),
    isCoverOpen: has(printer, 5),
    isFeeding: has(printer, 6) || has(error, 1),
    isPaperOut: has(paper, 2) || has(paper, 3),
    isPaperLow: has(paper, 0) || has(paper, 1),
    hasMechanicalError: has(error, 2),
    hasCutterError: has(error, 3),
    hasUnrecoverableError: has(error, 5),
    hasPassingError: has(error, 6),
  };
}

/** `undefined` for a printer that tells nothing: it is taken to be ready. */
export function conditionOf(status: PrinterStatus | 'mute' | undefined): PeripheralCondition {
  if (status === undefined) return { state: 'ready', reasons: [] };
  if (status === 'mute') return { state: 'notReady', reasons: [MUTE] };
  const stopping: string[] = STOPPING.filter(([member]) => status[member]).map(([, name]) => name);
  if (stopping.length === 0 && status.isOffline) stopping.push(OFFLINE);
  const isLow = status.isPaperLow && !status.isPaperOut;
  return {
    state: stopping.length === 0 ? 'ready' : 'notReady',
    reasons: isLow ? [...stopping, PAPER_LOW] : stopping,
  };
}

export function isSameStatus(one: PrinterStatus, other: PrinterStatus): boolean {
  return Object.entries(one).every(
    ([member, value]) => other[member as keyof PrinterStatus] === value,
  );
}

function has(byte: number, bit: number): boolean {
  return (byte & (1 << bit)) !== 0;
}
