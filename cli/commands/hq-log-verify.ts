/** `tillgate hq log verify`: reads all that headquarters keeps and names what is not as it was. */
import { hqPaths } from '../../config/paths.ts';
import type { VerifiedCustody } from '../../hq/control/verify-custody.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';

export const hqLogVerify: Command = {
  words: 'hq log verify',
  summary: 'check every entry, node and head that headquarters keeps',
  details:
    'Works beside a running headquarters, over what is durable when it begins. Exits with 1 and ' +
    'names the entries when anything is not as it was written.',
  options: [{ flags: '--database <url>', summary: 'verify the custody in this PostgreSQL' }],
  async run(context, input) {
    const { verifyCustody } = await import('../../hq/control/verify-custody.ts');
    const startedMs = context.clock.monotonicMs();
    const progress = context.output.progress('segments', 1);
    const result = await verifyCustody(hqPaths(context.home), {
      overrides: { databaseUrl: input.option('database') },
      onProgress: (done, of) => {
        if (of !== undefined) progress.update(done / of);
      },
    }).finally(() => progress.stop());
    const seconds = (context.clock.monotonicMs() - startedMs) / 1_000;
    context.output.result({ ...result, seconds }, textOf(result, seconds));
    return result.valid ? EXIT.ok : EXIT.check;
  },
};

function textOf(result: VerifiedCustody, seconds: number): string {
  const lines = result.logs.map(
    ({ origin, size, root, checkpoint, cosignature }) =>
      `${origin}: ${size} entries, root ${root}, checkpoint ${checkpoint}, cosignature ${cosignature}`,
  );
  for (const { origin, index, message } of result.faults) {
    const place = index === null ? '' : ` entry ${index}`;
    lines.push(`  ${origin ?? 'unknown log'}${place}: ${message}.`);
  }
  const more = result.faultCount - result.faults.length;
  if (more > 0) lines.push(`  … and ${more} more faults.`);
  const verdict = result.valid
    ? 'All that headquarters keeps is as it was written'
    : 'WHAT HEADQUARTERS KEEPS IS NOT AS IT WAS WRITTEN';
  lines.push(`${verdict} (${result.entries} entries in ${seconds.toFixed(1)} s).`);
  return lines.join('\n');
}
