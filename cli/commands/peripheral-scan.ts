/** `tillgate peripheral scan`: what is plugged in, what it probably is, and what is in its way. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { FoundDevice } from '../../daemon/control/peripheral-scan.ts';
import type { Command } from '../command.ts';

export const peripheralScan: Command = {
  words: 'peripheral scan',
  summary: 'show what is plugged in, what it probably is, and what stands in its way',
  details:
    'With --probe, ports that nothing is known about are asked what they are, one protocol after\nthe other. A device of another kind may print a letter or beep then.',
  options: [
    { flags: '--probe', summary: 'ask what is not known by its plug' },
    { flags: '--udev-rules', summary: 'print the rules that let the gateway open its ports' },
  ],
  async run(context, input) {
    const control = await import('../../daemon/control/peripheral-scan.ts');
    if (input.flag('udevRules')) {
      context.output.result({ rules: control.UDEV_RULES }, control.UDEV_RULES);
      return undefined;
    }
    const { peripherals } = await withGateway(context, (call) => call('peripheral.list', {}));
    const { clock, signal } = context;
    const probe = input.flag('probe');
    const found = await control.scanForPeripherals({
      ...{ probe, configured: peripherals, clock, signal },
    });
    const blocks = found.devices.map(deviceText);
    const troubles = found.troubles.map(({ message, hint }) => `! ${message}\n  Try: ${hint}`);
    const nothing =
      'Nothing is plugged in that could be a peripheral. TCP printers are not searched for: add them by their address.';
    const text = [...blocks, ...troubles].join('\n');
    context.output.result(found, text === '' ? nothing : text);
    return undefined;
  },
};

function deviceText({ address, name, verdict, usedBy, probed }: FoundDevice): string {
  const what = usedBy === null ? verdict : `is ${usedBy} already`;
  return [address, `  ${name}: ${what}`, ...probed.map((line) => `  ${line}`)].join('\n');
}
