/** `tillgate init`: a home for a new gateway, with its key and a commented configuration. */
import { readFileSync } from 'node:fs';
import type { Command } from '../command.ts';

export const init: Command = {
  words: 'init',
  summary: 'set up a new gateway: its configuration and its key',
  details: 'Nothing is overwritten. The name of the gateway becomes the name of its log, for good.',
  options: [
    { flags: '--chain <id>', summary: 'the chain that the store belongs to', required: true },
    { flags: '--store <id>', summary: 'the store that the gateway stands in', required: true },
    { flags: '--gateway <id>', summary: 'the gateway among those of the store', required: true },
    {
      flags: '--domain <name>',
      summary: 'the DNS name that logs are named under',
      defaultText: 'tillgate.invalid',
    },
    { flags: '--time-zone <zone>', summary: 'of the store', defaultText: "the machine's" },
    { flags: '--currency <code>', summary: 'of the store, ISO 4217', defaultText: 'EUR' },
    { flags: '--country <code>', summary: 'of the store, ISO 3166' },
    { flags: '--enrolment <file>', summary: 'what headquarters handed out for this gateway' },
  ],
  async run(context, input) {
    const { initialiseGateway } = await import('../../daemon/control/initialise-gateway.ts');
    const enrolmentFile = input.option('enrolment');
    const made = initialiseGateway({
      home: context.home,
      names: {
        chain: input.requiredOption('chain'),
        store: input.requiredOption('store'),
        gateway: input.requiredOption('gateway'),
        domain: input.option('domain'),
        timeZone: input.option('timeZone') ?? machineTimeZone(),
        currency: input.option('currency'),
        country: input.option('country'),
      },
      enrolment: enrolmentFile === undefined ? undefined : readFileSync(enrolmentFile, 'utf8'),
    });
    const text = [
      `home          ${made.home}`,
      `origin        ${made.origin}`,
      `verifier key  ${made.verifierKey}`,
    ].join('\n');
    context.output.result(made, text);
    context.output.note('Next: tillgate device add till-1 --role till, then tillgate run');
    return undefined;
  },
};

const machineTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;
