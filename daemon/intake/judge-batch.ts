/**
 * What travels from the broker's thread to a judge worker, and what the worker makes of it. A batch
 * is one message: all payloads of a turn in one buffer, side by side, so that the cost of a message
 * is shared by all that waited.
 */
import { hash } from 'node:crypto';
import { judgeSubmission } from '../../protocol/transaction/judge.ts';
import type { DeviceKey, Judgement } from '../../protocol/transaction/judgement.ts';
import type { Ticketed } from '../ledger/handover.ts';

export interface JudgeBatch {
  type: 'batch';
  tickets: number[];
  deviceIds: string[];
  /** Payload lengths; the payloads stand in `bytes` in this order. */
  lengths: number[];
  /** Places of submissions too large to judge; their payload in `bytes` is empty. */
  oversized: { place: number; length: number; sha256: Uint8Array; firstByte: number }[];
  bytes: Uint8Array;
}

export type JudgeMessage =
  | JudgeBatch
  /** The device's live keys from now on; an empty list forgets the device. */
  | { type: 'keys'; deviceId: string; keys: DeviceKey[] }
  | { type: 'requireSignature'; value: boolean };

/** A JWS in compact form begins with a base64url `{"`; JSON text never does. */
const FIRST_BYTE_OF_JWS = 0x65;
const EMPTY = new Uint8Array(0);

export class Judge {
  readonly #keys = new Map<string, readonly DeviceKey[]>();
  #requireSignature: boolean;

  constructor(options: { requireSignature: boolean }) {
    this.#requireSignature = options.requireSignature;
  }

  setKeys(deviceId: string, keys: readonly DeviceKey[]): void {
    if (keys.length === 0) this.#keys.delete(deviceId);
    else this.#keys.set(deviceId, keys);
  }

  setRequireSignature(value: boolean): void {
    this.#requireSignature = value;
  }

  /** Judges in order; a promise only where a signature had to be checked. */
  judge(batch: JudgeBatch): Ticketed[] | Promise<Ticketed[]> {
    const oversized = new Map(batch.oversized.map((entry) => [entry.place, entry]));
    const judged: (Ticketed | Promise<Ticketed>)[] = [];
    let isAsync = false;
    let at = 0;
    for (const [place, ticket] of batch.tickets.entries()) {
      const deviceId = batch.deviceIds[place] ?? '';
      const end = at + (batch.lengths[place] ?? 0);
      const tooLarge = oversized.get(place);
      const one =
        tooLarge === undefined
          ? this.#judgeOne(ticket, deviceId, batch.bytes.subarray(at, end))
          : judgeOversized(ticket, deviceId, tooLarge);
      isAsync ||= one instanceof Promise;
      judged.push(one);
      at = end;
    }
    return isAsync
      ? Promise.all(judged.map((one) => Promise.resolve(one)))
      : (judged as Ticketed[]);
  }

  #judgeOne(ticket: number, deviceId: string, body: Uint8Array): Ticketed | Promise<Ticketed> {
    // By way of a string: a digest as a buffer of its own costs twice as much.
    const submissionHash = Buffer.from(hash('sha256', body, 'binary'), 'latin1');
    const judgement = judgeSubmission(body, {
      deviceKeys: this.#keys.get(deviceId) ?? [],
      requireSignature: this.#requireSignature,
    });
    const finish = (found: Judgement): Ticketed => ({
      ticket,
      submission: { type: 'submission', deviceId, body, submissionHash, judgement: found },
    });
    return judgement instanceof Promise ? judgement.then(finish) : finish(judgement);
  }
}

function judgeOversized(
  ticket: number,
  deviceId: string,
  entry: JudgeBatch['oversized'][number],
): Ticketed {
  return {
    ticket,
    submission: {
      type: 'submission',
      deviceId,
      body: EMPTY,
      submissionHash: entry.sha256,
      judgement: {
        verdict: 'oversized',
        length: entry.length,
        mediaType: entry.firstByte === FIRST_BYTE_OF_JWS ? 'application/jose' : 'application/json',
      },
    },
  };
}
