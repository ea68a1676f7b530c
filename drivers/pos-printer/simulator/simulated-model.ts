/** What a simulated printer can do: a modern one, an old clone, one that says nothing. */
export interface SimulatedModel {
  readonly widthDots: number;
  readonly mmPerSecond: number;
  readonly bufferBytes: number;
  /** The line stays when the printer is switched off, and nobody notices. */
  readonly isSerial: boolean;
  readonly answersStatus: boolean;
  readonly pushesStatus: boolean;
  readonly answersSensors: boolean;
  readonly answersProcessIds: boolean;
  readonly clearsBuffers: boolean;
  readonly hasRealTimePulse: boolean;
  /** Texts by the n of `GS I n`. */
  readonly identity: Readonly<Record<number, string>>;
  readonly isDrawerHighWhenOpen: boolean;
}

/** `slow` prints at this part of the speed. */
export const SLOW_PART = 0.05;

const EPSON: SimulatedModel = {
  widthDots: 512,
  mmPerSecond: 200,
  bufferBytes: 4_096,
  isSerial: false,
  answersStatus: true,
  pushesStatus: true,
  answersSensors: true,
  answersProcessIds: true,
  clearsBuffers: true,
  hasRealTimePulse: true,
  identity: { 65: '40.42 ESC/POS', 66: 'EPSON', 67: 'TM-T88V', 68: 'MXQF004711' },
  isDrawerHighWhenOpen: true,
};

/** Real-time status and `GS r`, nothing newer. */
const CLONE: SimulatedModel = {
  ...EPSON,
  widthDots: 576,
  mmPerSecond: 90,
  pushesStatus: false,
  answersProcessIds: false,
  clearsBuffers: false,
  hasRealTimePulse: false,
  identity: {},
};

export const SIMULATED_MODELS: Readonly<Record<string, SimulatedModel>> & {
  readonly epson: SimulatedModel;
} = {
  epson: EPSON,
  clone: CLONE,
  mute: { ...CLONE, answersStatus: false, answersSensors: false },
};
