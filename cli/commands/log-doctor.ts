/** `tillgate log doctor`: what is wrong with the local log, and puts it right. */
import type { DoctorReport } from '../../daemon/control/log-doctor.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';

export const logDoctor: Command = {
  words: 'log doctor',
  summary: 'find damage in the local log, and repair it',
  details:
    'Looking changes nothing and works beside a running gateway. Exits with 1 and names what is ' +
    'concerned when anything is wrong. A repair needs the gateway stopped: it makes a fresh ledger ' +
    'from everything that is as it was written and what headquarters gives back, and keeps the ' +
    'damaged file.',
  options: [
    { flags: '--repair', summary: 'put right what can be; the gateway must be stopped' },
    { flags: '--without-hq', summary: 'give up what only headquarters could give back' },
  ],
  async run(context, input) {
    const { LogDoctor } = await import('../../daemon/control/log-doctor.ts');
    const progress = context.output.progress('entries', 0);
    const { home, clock } = context;
    const doctor = new LogDoctor({ home, clock, onProgress: (done) => progress.update(done) });
    const work = input.flag('repair')
      ? doctor.repair({ withoutHq: input.flag('withoutHq') })
      : doctor.examine();
    const report = await work.finally(() => progress.stop());
    context.output.result(report, textOf(report));
    return report.healthy ? EXIT.ok : EXIT.check;
  },
};

function textOf({ healthy, findings, repaired }: DoctorReport): string {
  const verdict = healthy ? 'The log is healthy.' : 'THE LOG IS DAMAGED.';
  const isTried = repaired.length > 0;
  const next =
    healthy || isTried ? [] : ['Stop the gateway and run `tillgate log doctor --repair`.'];
  return [
    ...repaired,
    ...findings.map(({ part, message }) => `${part}: ${message}`),
    verdict,
    ...next,
  ].join('\n');
}
