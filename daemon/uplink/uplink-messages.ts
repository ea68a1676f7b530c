/** What crosses between the main thread and the uplink's. All of it survives a structured clone. */
import type { MessagePort } from 'node:worker_threads';
import type { DrainLimits } from '../../protocol/replication/drain-governor.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import type { FetchRequest, FetchResult } from './fetch-result.ts';
import type { UplinkEvent, UplinkStatus } from './uplink-status.ts';

export type UplinkWorkerData = {
  dataDir: string;
  logKeyFile: string;
  signedHeadFile: string;
  hqHeadFile: string;
  enrolment: Enrolment | undefined;
  limits: DrainLimits;
  /** To the thread of the feeds, which share the connection. */
  feedsPort?: MessagePort | undefined;
};

export type ToUplink =
  | { type: 'committed'; size: number }
  /** A new epoch is open and its entry 0 is committed. */
  | { type: 'epoch'; epoch: number }
  /** HQ sent back what an earlier epoch lacked. */
  | { type: 'returned'; origin: string }
  | { type: 'enrol'; enrolment: Enrolment | undefined }
  /** Sign everything committed; `signed` answers with the same id. */
  | { type: 'sign'; id: number }
  /** Fetch from HQ; `fetched` answers with the same id, unless the next `fetch` comes before. */
  | { type: 'fetch'; id: number; request: FetchRequest | undefined }
  | { type: 'close' };

export type FromUplink =
  | { type: 'status'; status: UplinkStatus }
  | { type: 'event'; event: UplinkEvent }
  /** Without a note where the disk is full. */
  | { type: 'signed'; id: number; note: string | undefined }
  | { type: 'fetched'; id: number; result: FetchResult }
  | { type: 'closed' };
