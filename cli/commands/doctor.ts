/** `tillgate doctor`: the first command when something is wrong, and the last of setting a box up. */
import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { checkupScreen } from '../checkup-screen.ts';

export const doctor: Command = {
  words: 'doctor',
  summary: 'look at the whole installation, and say what is wrong and what to do',
  details:
    'Works with the gateway running or not, changes nothing, and ends within ten seconds. Exits with\n' +
    '1 when a check failed; warnings are told and count as passed. The log is only looked at:\n' +
    '`tillgate log verify` reads all of it. Run it as root or as the user of the service, which see\n' +
    'everything.',
  async run(context) {
    const { examineInstallation } = await import('../../daemon/control/checkup.ts');
    const checkup = await examineInstallation(context);
    context.output.result(checkup, checkupScreen(checkup));
    return checkup.ok ? EXIT.ok : EXIT.check;
  },
};
