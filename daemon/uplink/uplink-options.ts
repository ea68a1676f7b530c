/** What the uplink is made of: everything it touches is handed in, so that tests bring their own. */
import type { KeyObject } from 'node:crypto';
import type { FileSystem } from '../../platform/durable/file-system.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { DrainLimits } from '../../protocol/replication/drain-governor.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import type { WriteFile } from '../signing/head-signer.ts';
import type { SignedLog } from '../signing/signed-log.ts';
import type { ConnectToHq } from './hq-connection.ts';
import type { UplinkEvent } from './uplink-status.ts';

export type UplinkOptions = {
  /** The newest epoch's log. */
  log: SignedLog;
  /** The logs of earlier epochs, which no longer grow; HQ is offered them too. */
  earlierLogs: readonly SignedLog[];
  privateKey: KeyObject;
  signedHeadFile: string;
  hqHeadFile: string;
  /** Where that file is read; the machine's unless a simulation brings another. */
  disk?: FileSystem;
  enrolment: Enrolment | undefined;
  limits: DrainLimits;
  clock: Clock;
  random: () => number;
  connect: ConnectToHq;
  /** Replaces a file durably; the disk's own way unless a test brings another. */
  writeFile?: WriteFile;
  /** The next action of a drain comes after the answers that already wait. */
  schedule: Schedule;
  onEvent: (event: UplinkEvent) => void;
  /** The status may have changed; the receiver reads it when it likes. */
  onChange: () => void;
};
