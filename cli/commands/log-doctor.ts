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
    const isRepair = input.flag('repair');
    const work = isRepair
      ? doctor.repair({ withoutHq: input.flag('withoutHq') })
      : doctor.examine();
    const report = await work.finally(() => progress.stop());
    context.output.result(report, textOf(report, isRepair));
    return report.healthy ? EXIT.ok : EXIT.check;
  },
};

function textOf({ healthy, findings, repaired }: DoctorReport, isRepair: boolean): string {
  const verdict = healthy ? 'The log is healthy.' : 'THE LOG IS DAMAGED.';
  const next = healthy ? [] : nextStep(findings, isRepair);
  return [
    ...repaired,
    ...findings.map(({ part, message }) => `${part}: ${message}`),
    verdict,
    ...next,
  ].join('\n');
}

/** A log that only ends too early is the start's to judge: it never goes on under its old name. */
function nextStep(findings: DoctorReport['findings'], isRepair: boolean): string[] {
  if (findings.every(({ part }) => part === 'heads')) {
    return [
      'The next start begins a new epoch and fetches back what headquarters holds: run `tillgate run`.',
    ];
  }
  return isRepair ? [] : ['Stop the gateway and run `tillgate log doctor --repair`.'];
}
