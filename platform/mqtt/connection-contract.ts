/** What a guarded connection is given, tells and ends with (guarded-connection.ts). */
import type { Clock } from '../../protocol/clock.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { EgressFailure, EgressLimits } from './egress-buffer.ts';
import type { GuardFault, GuardLimits, Submission } from './guard-contract.ts';
import type { GuardedConnection } from './guarded-connection.ts';
import type { Wire } from './wire.ts';

export type CloseReason =
  | GuardFault['reason']
  | EgressFailure
  | 'connect-timeout'
  | 'admission-timeout'
  | 'keep-alive'
  | 'half-packet'
  | 'memory'
  | 'evicted'
  | 'revoked'
  | 'peer-closed'
  | 'broker-closed'
  | 'shutdown';

export interface SubmissionTaker {
  /** CONNACK is on its way: what was held back for it may follow. */
  admitted(): void;
  submission(connection: GuardedConnection, submission: Submission): void;
  /** A PUBACK; true when it was for a message that `send` sent, so the broker need not see it. */
  acknowledged(connection: GuardedConnection, packetId: number): boolean;
}

export interface Deadlines {
  /** From the first byte of the transport to the end of CONNECT. */
  connectMsMax: number;
  /** From CONNECT to the broker's answer; a queue of password checks lies in between. */
  admissionMsMax: number;
  /** A packet that was begun must end; for clients without keep-alive. */
  packetMsMax: number;
  /** How long a closed connection may take to hear the last words. */
  lingerMsMax: number;
}

export const DEFAULT_DEADLINES: Deadlines = {
  connectMsMax: 10_000,
  admissionMsMax: 30_000,
  packetMsMax: 60_000,
  lingerMsMax: 2_000,
};

export interface GuardedConnectionOptions {
  wire: Wire;
  clock: Clock;
  guardLimits: GuardLimits;
  egressLimits: EgressLimits;
  deadlines: Deadlines;
  /** Shared by all connections: bytes of packets whose rest has not come. */
  budget: ByteBudget;
  /** Shared by all connections: bytes that clients have not taken. */
  egressBudget: ByteBudget;
  schedule: (flush: () => void) => void;
  onAdmitted?: (() => void) | undefined;
  /** Nothing of this connection is left; comes exactly once. */
  onClosed: (connection: GuardedConnection, reason: CloseReason) => void;
}
