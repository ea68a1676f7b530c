/** Bytes of our encoder, read back by decode_escpos.py, which shares no table with it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PrinterProfile } from '../../drivers/pos-printer/printer-profile.ts';

export interface PaperItem {
  readonly text?: string;
  readonly align?: 'left' | 'center' | 'right';
  readonly bold?: boolean;
  readonly invert?: boolean;
  readonly size?: readonly [number, number];
  readonly qr?: string;
  readonly barcode?: string;
  readonly data?: string;
  readonly cut?: string;
  /** Dots of a picture, row by row; empty where they were not asked for. */
  readonly rows?: readonly (readonly (0 | 1)[])[];
}

export type OnPaper = { readonly items: readonly PaperItem[] } | { readonly error: string };

export interface OracleJob {
  readonly profile: PrinterProfile;
  readonly bytes: Uint8Array;
  /** Pictures with their dots, which are many. */
  readonly withDots?: boolean;
}

const PROGRAM = fileURLToPath(new URL('decode_escpos.py', import.meta.url));
/** Pictures come back as lists of dots. */
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** One answer a job, in one run of the program. */
export function readPaper(jobs: readonly OracleJob[]): OnPaper[] {
  const input = jobs.map((job) => `${JSON.stringify(asSeen(job))}\n`).join('');
  const run = spawnSync('python3', [PROGRAM], {
    input,
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (run.status !== 0) throw new Error(`the decoder failed: ${run.stderr}`);
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OnPaper);
}

function asSeen({ profile, bytes, withDots = false }: OracleJob): object {
  const { fonts, widthDots, codePages, chinese, startsInChinese } = profile;
  const pages = Object.entries(codePages).map(([name, n]) => [n, name.replace('win', 'cp')]);
  return {
    profile: {
      columns: fonts.A.columns,
      fontB: fonts.B?.columns ?? 0,
      widthDots,
      pages: Object.fromEntries(pages) as Record<string, string>,
      chinese: chinese === 'none' ? null : chinese,
      startsInChinese,
    },
    bytes: Buffer.from(bytes).toString('base64'),
    dots: withDots,
  };
}
