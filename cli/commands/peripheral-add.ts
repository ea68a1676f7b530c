/** `tillgate peripheral add`: by driver and address, or the one thing that scan is sure about. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { FoundDevice } from '../../daemon/control/peripheral-scan.ts';
import type { ShownPeripheral } from '../../daemon/control/peripheral-operations.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import type { CommandInput } from '../command-input.ts';

export const peripheralAdd: Command = {
  words: 'peripheral add',
  summary: 'add a peripheral: what drives it, and where it is',
  details:
    'Drivers: pos-printer/escpos, cash-drawer/printer, cash-drawer/serial, scanner/…, scale/…,\nrfid-scanner/pcsc; without --driver and --scan they are listed with their options. Addresses:\nserial:/dev/serial/by-id/…, tcp://HOST:9100, usb:VVVV:PPPP:SERIAL, lp:…, hidraw:…, pcsc:READER,\nprinter:ID for the drawer at a printer.',
  arguments: [{ name: 'id', summary: 'its name: lower-case letters, digits and -, up to 32' }],
  options: [
    { flags: '--driver <driver>', summary: 'what drives it' },
    { flags: '--address <address>', summary: 'where it is, as `peripheral scan` prints it' },
    { flags: '--option <key=value...>', summary: 'an option of the driver; may be repeated' },
    { flags: '--scan', summary: 'take the only match of a scan' },
  ],
  async run(context, input) {
    const peripheralId = input.argument('id');
    const chosen = input.flag('scan') ? await scanned(context, input) : await named(input);
    const added = await withGateway(context, (call) =>
      call('peripheral.add', { peripheralId, ...chosen }),
    );
    context.output.result(added, addedText(added));
    return undefined;
  },
};

interface Chosen {
  driver: string;
  address: string;
  options: string;
  plug?: string;
}

async function named(input: CommandInput): Promise<Chosen> {
  const driver = input.option('driver');
  const address = input.option('address');
  const { DRIVERS, driverNamed } = await import('../../drivers/registry.ts');
  const { optionLines, typedOptions } = await import('../../daemon/control/driver-options.ts');
  if (driver === undefined || address === undefined) {
    const list = DRIVERS.map((known) =>
      [`  ${known.id}  ${known.title}`, ...optionLines(known).map((line) => `      ${line}`)].join(
        '\n',
      ),
    ).join('\n');
    const message = `Name --driver and --address, or use --scan. Drivers and their options:\n${list}`;
    throw new TillgateError('USAGE', message, { hint: 'tillgate peripheral scan' });
  }
  const options = typedOptions(driverNamed(driver), input.values('option'));
  const plug = await plugAt(address);
  return {
    ...{ driver, address, options: JSON.stringify(options) },
    ...(plug !== undefined && { plug: JSON.stringify(plug) }),
  };
}

/** What is plugged in there, so that it is found again on another port. */
async function plugAt(address: string): Promise<object | undefined> {
  if (address.startsWith('tcp:') || address.startsWith('printer:')) return undefined;
  const { plugOfAddress } = await import('../../daemon/control/peripheral-scan.ts');
  return plugOfAddress(address);
}

async function scanned(context: CommandContext, input: CommandInput): Promise<Chosen> {
  const { scanForPeripherals } = await import('../../daemon/control/peripheral-scan.ts');
  const { typedOptions } = await import('../../daemon/control/driver-options.ts');
  const { driverNamed } = await import('../../drivers/registry.ts');
  const { peripherals } = await withGateway(context, (call) => call('peripheral.list', {}));
  const { clock, signal } = context;
  const found = await scanForPeripherals({
    ...{ probe: true, configured: peripherals, clock, signal },
  });
  const wanted = input.option('driver');
  const matches = found.devices.filter(
    ({ driver, usedBy }) =>
      driver !== null && usedBy === null && (wanted === undefined || wanted === driver),
  );
  const [match] = matches;
  if (match === undefined || match.driver === null || matches.length > 1) throw notOne(matches);
  const options = {
    ...match.options,
    ...typedOptions(driverNamed(match.driver), input.values('option')),
  };
  return {
    ...{ driver: match.driver, address: match.address, options: JSON.stringify(options) },
    ...(match.plug !== null && { plug: JSON.stringify(match.plug) }),
  };
}

function notOne(matches: readonly FoundDevice[]): TillgateError {
  const list = matches.map(({ address, driver }) => `${address} (${String(driver)})`).join(', ');
  const message =
    matches.length === 0
      ? 'Nothing is plugged in that is sure to be a peripheral and is not one yet.'
      : `More than one thing fits: ${list}.`;
  return new TillgateError('DRIVER_UNKNOWN', message, {
    hint: 'see `tillgate peripheral scan --probe`, then name --driver and --address',
  });
}

function addedText({ peripheralId, driver, address, condition }: ShownPeripheral): string {
  const next =
    condition === undefined
      ? 'It is at work when the gateway runs.'
      : `Try it: tillgate peripheral test ${peripheralId}`;
  return `${peripheralId} is driven by ${driver} at ${address}.\n${next}`;
}
