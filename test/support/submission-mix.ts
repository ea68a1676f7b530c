/**
 * What tills of a busy store submit, from a seed: sales, returns, cash movements, drawers opened
 * without a sale, sales with hundreds of lines (their bodies are blobs), submissions that have to be
 * refused, small and large, and sales under an id that another sale has.
 */
import { createHash } from 'node:crypto';
import { sampleSale } from './sample-sale.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface Submission {
  /** What was sent; equal payloads have equal hashes, and are the same content here. */
  payload: string;
  submissionHash: string;
  /** Undefined for what no program can read an id from. */
  transactionId: string | undefined;
  /** What counts when it is accepted. */
  totalMinor: number;
  /** False where nothing but a refusal is right. */
  acceptable: boolean;
}

/** Some 170 bytes a line: the body is more than the 32 KiB that stand in an entry. */
const LARGE_LINES = 260;
/** How many earlier sales may have their id taken by another. */
const RECENT_MAX = 50;

type Maker = (mix: SubmissionMix) => Submission;

/** In parts of a hundred. */
const MAKERS: readonly (readonly [number, Maker])[] = [
  [66, (mix) => mix.sale(1)],
  [8, (mix) => mix.sale(LARGE_LINES)],
  [5, (mix) => mix.refund()],
  [4, (mix) => mix.withoutLines('noSale')],
  [4, (mix) => mix.withoutLines('cashMovement')],
  [4, (mix) => mix.wrong(1)],
  [3, (mix) => mix.wrong(LARGE_LINES)],
  [2, (mix) => mix.unreadable()],
  [4, (mix) => mix.collision()],
];

export class SubmissionMix {
  readonly #random: SeededRandom;
  /** Tells the ids of one run from those of another. */
  readonly #run: string;
  #count = 0;
  #recent: string[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#run = random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }

  next(): Submission {
    let part = this.#random.below(100);
    for (const [share, make] of MAKERS) {
      if (part < share) return make(this);
      part -= share;
    }
    return this.sale(1);
  }

  sale(lineCount: number): Submission {
    return this.#sale({ id: this.#freshId(), lineCount, sign: 1 });
  }

  refund(): Submission {
    return this.#sale({ id: this.#freshId(), lineCount: 1, sign: -1 });
  }

  withoutLines(type: 'noSale' | 'cashMovement'): Submission {
    const total = type === 'noSale' ? 0 : this.#random.below(5_000) - 2_500;
    return this.#submission(this.#freshId(), { type, lines: [], taxes: [], tenders: [], total });
  }

  /** Its total is off by one: kept as a refusal, never booked. */
  wrong(lineCount: number): Submission {
    return this.#sale({ id: this.#freshId(), lineCount, sign: 1, offBy: 1 });
  }

  /** Of so many bytes at least. */
  unreadable(bytes = 0): Submission {
    const text = `{"transactionId": "${this.#freshId()}", cut off ${this.#random.next()}`;
    const payload = text.padEnd(bytes, ' and on');
    return { ...sealed(payload), transactionId: undefined, totalMinor: 0, acceptable: false };
  }

  collision(): Submission {
    if (this.#recent.length === 0) return this.sale(1);
    return this.#sale({ id: this.#random.pick(this.#recent), lineCount: 1, sign: 1 });
  }

  #sale(sale: { id: string; lineCount: number; sign: 1 | -1; offBy?: number }): Submission {
    const { id, lineCount, sign, offBy = 0 } = sale;
    const lines = Array.from({ length: lineCount }, (_, at) => {
      const value = 1 + this.#random.below(9_999);
      return {
        lineNumber: at + 1,
        itemId: `item-${at}`,
        description: 'JUMBO BAG RED RETROSPOT',
        quantity: { value: sign, scale: 0, unit: 'EA' },
        unitPrice: { value, scale: 2 },
        extendedAmount: sign * value,
      };
    });
    const sum = lines.reduce((total, line) => total + line.extendedAmount, 0);
    const tenders = [{ type: 'cash', amount: sum }];
    const type = sign === 1 ? 'sale' : 'return';
    const members = { type, lines, taxes: [], tenders, total: sum + offBy };
    return this.#submission(id, members, offBy === 0);
  }

  #submission(
    id: string,
    members: Record<string, unknown> & { total: number },
    acceptable = true,
  ): Submission {
    const payload = sampleSale({ transactionId: id, sequenceNumber: this.#count, ...members });
    if (acceptable) this.#recent = [...this.#recent.slice(1 - RECENT_MAX), id];
    return { ...sealed(payload), transactionId: id, totalMinor: members.total, acceptable };
  }

  #freshId(): string {
    this.#count += 1;
    return `${this.#run}-2a1c-7c3e-9d63-${String(this.#count).padStart(12, '0')}`;
  }
}

function sealed(payload: string): { payload: string; submissionHash: string } {
  return { payload, submissionHash: createHash('sha256').update(payload).digest('base64') };
}
