/**
 * For the ledger's tests: submissions of which a test sets only what matters, a core with a clock
 * and randomness that a seed decides, and stores under fresh folders.
 */
import { createHash, hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../protocol/clock.ts';
import type { AcceptableFacts, Submission } from './commands.ts';
import { LedgerCore } from './ledger-core.ts';
import type { LedgerStore } from './ledger-port.ts';

export const ORIGIN = 'shop.example/acme/s0417/g1/e1';

export function sha256(text: string | Uint8Array): Uint8Array {
  return hash('sha256', text, 'buffer');
}

/** The same UUID for the same name. */
export function uuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
    .concat(hex.slice(20, 32))
    .join('-');
}

export interface SaleOptions extends Partial<Omit<AcceptableFacts, 'verdict' | 'contentHash'>> {
  /** What the content hash covers; default `content`. */
  readonly content?: string;
  /** The bytes received; default a JSON that names content and id. */
  readonly body?: Uint8Array;
  readonly deviceId?: string;
}

/** An acceptable sale named `name`. */
export function sale(name: string, options: SaleOptions = {}): Submission {
  const { content = 'content', deviceId = 'till-1', body: given, ...facts } = options;
  const transactionId = facts.transactionId ?? uuid(name);
  const body = given ?? Buffer.from(JSON.stringify({ transactionId, content }));
  return {
    type: 'submission',
    deviceId,
    body,
    submissionHash: sha256(body),
    judgement: {
      verdict: 'acceptable',
      transactionId,
      contentHash: sha256(content),
      interpreted: true,
      sequenceNumber: null,
      training: false,
      lastResult: null,
      signature: null,
      mediaType: 'application/json',
      ...facts,
    },
  };
}

export interface RefusedOptions {
  readonly deviceId?: string;
  readonly body?: Uint8Array;
  readonly message?: string;
  readonly keepBody?: boolean;
}

/** A submission that is refused as not being JSON. */
export function refused(name: string, options: RefusedOptions = {}): Submission {
  const body = options.body ?? Buffer.from(`not JSON: ${name}`);
  return {
    type: 'submission',
    deviceId: options.deviceId ?? 'till-1',
    body,
    submissionHash: sha256(body),
    judgement: {
      verdict: 'refused',
      transactionId: null,
      contentHash: null,
      problems: [
        {
          code: 'TXN_NOT_JSON',
          path: '',
          got: 'n',
          message: options.message ?? 'It is not JSON.',
          hint: 'Send JSON.',
        },
      ],
      problemsOmitted: 0,
      keepBody: options.keepBody ?? true,
      mediaType: 'application/json',
    },
  };
}

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  wall = Date.UTC(2010, 11, 1, 8, 26);
  monotonic = 1_000;

  wallMs(): number {
    return this.wall;
  }

  monotonicMs(): number {
    return this.monotonic;
  }
}

export function newCore(store: LedgerStore, clock: Clock = new FakeClock()): LedgerCore {
  let counter = 0;
  return new LedgerCore(store, {
    clock,
    bootId: 'boot-1',
    clockSource: 'system',
    randomBytes: (count) => {
      counter += 1;
      return sha256(`salt ${counter}`).subarray(0, count);
    },
    origin: ORIGIN,
  });
}

/** A fresh folder and the way to remove it. */
export function freshFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tillgate-ledger-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
