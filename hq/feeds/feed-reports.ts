/**
 * Which gateways have said in this life of headquarters what they hold of its feeds, and were found to
 * hold nothing that is missing here. Kept in a file, or a restart would ask for reports of stores that
 * are away; a new life begins with none.
 */
import { readFileIfPresent, writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';

/** A large chain's gateways. */
const REPORTS_MAX = 20_000;
const VERSION = 1;

type Stored = { version: number; incarnation: string; gateways: string[] };

export class FeedReports {
  readonly #path: string;
  #incarnation = '';
  #gateways = new Set<string>();

  /** None where there is no file, or none that can be read: gateways report again. */
  constructor(path: string) {
    this.#path = path;
    const bytes = readFileIfPresent(path);
    const stored = bytes && parsed(Buffer.from(bytes).toString('utf8'));
    if (stored?.version !== VERSION || !Array.isArray(stored.gateways)) return;
    this.#incarnation = stored.incarnation;
    this.#gateways = new Set(stored.gateways);
  }

  has(incarnation: string, gateway: string): boolean {
    return this.#incarnation === incarnation && this.#gateways.has(gateway);
  }

  /** Throws what the disk throws; in memory it is noted then. */
  add(incarnation: string, gateway: string): void {
    if (this.has(incarnation, gateway)) return;
    if (this.#incarnation !== incarnation) this.#gateways.clear();
    this.#incarnation = incarnation;
    if (this.#gateways.size >= REPORTS_MAX) return;
    this.#gateways.add(gateway);
    const stored: Stored = { version: VERSION, incarnation, gateways: [...this.#gateways] };
    writeFileAtomicallySync(this.#path, `${JSON.stringify(stored)}\n`);
  }
}

function parsed(text: string): Partial<Stored> & { incarnation: string } {
  try {
    const stored = JSON.parse(text) as Partial<Stored>;
    return { incarnation: '', ...stored };
  } catch (error) {
    if (error instanceof SyntaxError) return { incarnation: '' };
    throw error;
  }
}
