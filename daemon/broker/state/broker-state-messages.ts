/** What the broker's thread and the thread of broker.db say to each other. */
import type { Body, Change, StoredState } from './broker-changes.ts';

export interface StateWorkerData {
  path: string;
}

export type ToState =
  /** `batch` counts up; everything up to it is durable once it is answered. */
  | { type: 'changes'; batch: number; changes: Change[] }
  | { type: 'read'; ticket: number; ids: number[] }
  | { type: 'close' };

export type FromState =
  /** `aside` is where a file that could not be read was put, and why. */
  | { type: 'ready'; state: StoredState; aside: { path: string; reason: string } | undefined }
  /** `isLow` says that there is little room left: no more messages, please. */
  | { type: 'durable'; batch: number; isLow: boolean }
  /** There is no room; what was sent so far is kept and tried again. */
  | { type: 'full' }
  | { type: 'bodies'; ticket: number; bodies: Map<number, Body> }
  | { type: 'failed'; message: string };

/** The other end: a thread with broker.db. */
export interface StatePort {
  post(message: ToState): void;
  listen(receive: (message: FromState) => void): void;
  /** Calls back when the other end is gone. */
  onEnd(ended: () => void): void;
  terminate(): void;
}
