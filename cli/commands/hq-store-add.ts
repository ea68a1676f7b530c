/** `tillgate hq store add`: lets a gateway in; prints what it installs with `tillgate hq join`. */
import { hqPaths } from '../../config/paths.ts';
import type { Command } from '../command.ts';

export const hqStoreAdd: Command = {
  words: 'hq store add',
  summary: 'admit a gateway and print its enrolment document',
  details:
    'The verifier key is what `tillgate init` or `tillgate log key` printed at the gateway. The ' +
    'document holds a password: carry it to the gateway like one, and install it there with ' +
    '`tillgate hq join FILE`.',
  options: [
    { flags: '--verifier-key <key>', summary: "of the gateway's log", required: true },
    {
      flags: '--hq-url <url>',
      summary: 'where the store reaches the broker',
      defaultText: 'publicUrl of hq.yaml, or where the embedded broker listens',
    },
  ],
  async run(context, input) {
    const { enrolStore } = await import('../../hq/control/enrol-store.ts');
    const { loadHqConfig } = await import('../../hq/control/hq-settings.ts');
    const paths = hqPaths(context.home);
    const enrolment = enrolStore({
      paths,
      config: loadHqConfig(paths),
      verifierKey: input.requiredOption('verifierKey'),
      hqUrl: input.option('hqUrl'),
    });
    // The document is JSON either way: it is a file for the gateway.
    context.output.result(enrolment, JSON.stringify(enrolment, null, 2));
    return undefined;
  },
};
