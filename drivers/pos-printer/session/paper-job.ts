/** What a job puts on paper, ready to be sent, and what its result says beside. */
import type { Json } from '../../../protocol/json/json-value.ts';
import type { JobProblem } from '../../job.ts';

export interface PaperJob {
  readonly bytes: Uint8Array;
  /** Members of the result: notes of the encoder, which copy it is. */
  readonly told: Readonly<Record<string, Json>>;
}

export type PreparedPaper =
  | { readonly ok: true; readonly paper: PaperJob }
  | { readonly ok: false; readonly problem: JobProblem };
