/**
 * A session with one peripheral as a pure state machine: inputs in, effects out, time as an input.
 * It is used once, from `opened` to `closed`, and the shell (run-session.ts) carries its effects out
 * in their order. `step` never throws: an exception is a mistake of ours and ends the session.
 *
 * A machine settles every job it was given, exactly once, at the latest when `closed` comes: what
 * may have reached the paper ends as `unknown`.
 */
import type { TillgateError } from '../protocol/errors.ts';
import type { Json } from '../protocol/json/json-value.ts';
import type { Job, JobOutcome } from './job.ts';
import type { DiscardReason } from './framer.ts';
import type { CloseReason, ControlLines } from './transport/transport.ts';

/** The retained state of a peripheral, with the reasons of UnifiedPOS (PTR_SUE_COVER_OPEN …). */
export interface PeripheralCondition {
  readonly state: 'ready' | 'notReady';
  /** Why not ready, and what else a person should see (PTR_SUE_REC_NEAREMPTY while ready). */
  readonly reasons: readonly string[];
}

/** What the device says of itself; used to find it again on another port. */
export interface DeviceIdentity {
  readonly maker?: string;
  readonly model?: string;
  readonly firmware?: string;
  /** Unique to this one device, where the device has such a number. */
  readonly serialNumber?: string;
}

/** `type` is the event's name on MQTT: `scan`, `weight`, `drawerOpened`, `tagPresented`, … */
export interface PeripheralEvent {
  readonly type: string;
  readonly [member: string]: Json;
}

export type SessionInput =
  | { readonly type: 'opened' }
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'lines'; readonly lines: ControlLines }
  /** All that was written up to the write effect with this mark has left. */
  | { readonly type: 'written'; readonly mark: number }
  | { readonly type: 'job'; readonly job: Job }
  /** Its deadline has passed: settle it now. */
  | { readonly type: 'expired'; readonly jobId: string }
  | { readonly type: 'timer'; readonly name: string }
  /** Bytes for what hangs off this peripheral (see `port` below). */
  | { readonly type: 'port'; readonly bytes: Uint8Array }
  /** The last input: the transport has ended. */
  | { readonly type: 'closed'; readonly reason: CloseReason };

export type SessionEffect =
  | { readonly type: 'write'; readonly bytes: Uint8Array; readonly mark?: number }
  /** Starts a timer, or starts it anew. */
  | { readonly type: 'timer'; readonly name: string; readonly afterMs: number }
  | { readonly type: 'stopTimer'; readonly name: string }
  | { readonly type: 'settle'; readonly jobId: string; readonly outcome: JobOutcome }
  | { readonly type: 'event'; readonly event: PeripheralEvent }
  | { readonly type: 'condition'; readonly condition: PeripheralCondition }
  | { readonly type: 'identity'; readonly identity: DeviceIdentity }
  /**
   * For what hangs off this peripheral: a printer's drawer connector. Towards the printer three
   * bytes, `connector (1 or 2), on time, off time (2 ms each)`; back one byte a report, the level
   * of pin 3: 0 low, 1 high.
   */
  | { readonly type: 'port'; readonly bytes: Uint8Array }
  /** Bytes that meant nothing; counted, and shown by `peripheral log`. */
  | { readonly type: 'discarded'; readonly bytes: Uint8Array; readonly why: DiscardReason }
  /** The session cannot go on: the transport is closed and opened again later. */
  | { readonly type: 'end'; readonly error: TillgateError };

export interface SessionMachine {
  /** `nowMs` is monotonic. */
  step(input: SessionInput, nowMs: number): readonly SessionEffect[];
}
