/** What passed to and from a peripheral, kept in the form of drivers/transport/recording.ts. */
import { appendFileSync } from 'node:fs';
import type { RecordedLine } from '../../drivers/transport/recording.ts';
import type { LogLines } from './peripheral-trial.ts';

/** Only the one who records may read it. */
const FILE_MODE = 0o600;

export function recordChunks(file: string, peripheralId: string, chunks: LogLines['chunks']): void {
  const [first] = chunks;
  if (first === undefined) return;
  const startMs = Date.parse(first.at);
  const lines: RecordedLine[] = [
    { type: 'open', address: peripheralId, startedAt: first.at },
    ...chunks.map(({ at, direction, bytes }) => ({
      type: direction === 'in' ? ('in' as const) : ('out' as const),
      atMs: Date.parse(at) - startMs,
      hex: Buffer.from(bytes, 'base64').toString('hex'),
    })),
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  appendFileSync(file, text, { mode: FILE_MODE });
}
