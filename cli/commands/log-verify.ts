/** `tillgate log verify`: reads the whole log and names every entry that is not as it was written. */
import type { LogVerification } from '../../daemon/control/log-verification.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';

export const logVerify: Command = {
  words: 'log verify',
  summary: 'check every entry, node and head of the log',
  details:
    'Works beside a running gateway, over what is committed when it begins. Exits with 1 and names ' +
    'the entries when anything is not as it was written.',
  options: [
    { flags: '--signatures', summary: 'also the signatures of devices, with the keys in the log' },
    { flags: '--limit <n>', summary: 'how many faults an epoch are listed', defaultText: '100' },
    { flags: '--threads <n>', summary: 'threads that verify', defaultText: 'one a core' },
  ],
  async run(context, input) {
    const { LogInspection } = await import('../../daemon/control/log-inspection.ts');
    const { verifyLog } = await import('../../daemon/control/log-verification.ts');
    const faultsMax = input.integer('limit', 100, { min: 1, max: 100_000 });
    const threads = input.integer('threads', -1, { min: 0, max: 1_024 });
    const signatures = input.flag('signatures');
    const log = new LogInspection(context.home);
    try {
      const heads = log.heads();
      const { reader, paths } = log;
      const entries = reader.epochs().reduce((sum, { size }) => sum + size, 0);
      const progress = context.output.progress('entries', signatures ? 2 * entries : entries);
      const startedMs = context.clock.monotonicMs();
      const result = await verifyLog({
        dataDir: paths.dataDir,
        reader,
        heads,
        signatures,
        faultsMax,
        signal: context.signal,
        onProgress: (done) => progress.update(done),
        ...(threads >= 0 && { threads }),
      }).finally(() => progress.stop());
      const seconds = (context.clock.monotonicMs() - startedMs) / 1_000;
      context.output.result({ ...documentOf(result), seconds }, textOf(result, seconds));
      return result.valid ? EXIT.ok : EXIT.check;
    } finally {
      log.close();
    }
  },
};

function documentOf(result: LogVerification) {
  const newest = result.epochs.at(-1);
  return {
    valid: result.valid,
    origin: newest?.origin,
    size: newest?.size,
    root: newest?.root,
    entries: result.entries,
    faults: result.epochs.flatMap(({ origin, faults }) =>
      faults.map((fault) => ({ origin, ...fault })),
    ),
    heads: result.heads,
    epochs: result.epochs,
  };
}

function textOf(result: LogVerification, seconds: number): string {
  const lines: string[] = [];
  for (const epoch of result.epochs) {
    const signed = epoch.signatures === 0 ? '' : `, ${epoch.signatures} signatures of devices`;
    lines.push(`${epoch.origin}: ${epoch.size} entries, root ${epoch.root}${signed}`);
    for (const { index, message } of epoch.faults) lines.push(`  entry ${index}: ${message}.`);
    const more = epoch.faultCount - epoch.faults.length;
    if (more > 0) lines.push(`  … and ${more} more faults.`);
  }
  for (const head of result.heads) {
    const what = head.source === 'signedHead' ? 'signed head' : "headquarters' head";
    const verdict = head.valid ? 'holds' : (head.reason ?? 'does not hold');
    lines.push(`${what} at ${head.size}: ${verdict}.`);
  }
  const rate = seconds > 0 ? `, ${Math.round(result.entries / seconds)} entries/s` : '';
  lines.push(
    `${result.valid ? 'The log is as it was written' : 'THE LOG IS NOT AS IT WAS WRITTEN'} ` +
      `(${result.entries} entries in ${seconds.toFixed(1)} s${rate}).`,
  );
  return lines.join('\n');
}
