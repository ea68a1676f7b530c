/**
 * The drawer connector of a receipt printer, as something a drawer's driver can be tried on: a real
 * session of the printer's driver with the simulated printer, and a drawer at its connector. What the
 * drawer's driver sends goes to the printer's port, and what the port reports comes back.
 */
import { must } from '../../protocol/must.ts';
import { optionsOf } from '../../drivers/driver-stage.ts';
import { runSession } from '../../drivers/run-session.ts';
import { createSimulatorLink } from '../../drivers/simulation/simulator-link.ts';
import { SIMULATORS } from '../../drivers/simulators.ts';
import { driverNamed } from '../../drivers/registry.ts';
import type { SimulatedDevice, SimulatorDefinition } from '../../drivers/simulator.ts';

const PRINTER = 'pos-printer/escpos';

/** `prepare` of the printer's driver has to be awaited before one is created. */
export function drawerBehindPrinter(): SimulatorDefinition {
  const driver = driverNamed(PRINTER);
  const printer = must(
    SIMULATORS.find((simulator) => simulator.driver === PRINTER),
    'there is a simulated printer',
  );
  return {
    kind: 'drawer-behind-printer',
    title: 'cash drawer at the connector of a receipt printer',
    category: 'cashDrawer',
    driver: 'cash-drawer/printer',
    driverOptions: {},
    carrier: 'packets',
    commands: printer.commands,
    create: (_options, context): SimulatedDevice => {
      const { schedule, clock, random, send } = context;
      const deviceOptions = { pictures: 'off' };
      const link = createSimulatorLink({
        ...{ definition: printer, deviceOptions, schedule, clock, random },
      });
      const session = runSession({
        machine: driver.createSession(optionsOf(driver, printer), {
          wallMs: () => clock.wallMs(),
          nowMs: clock.monotonicMs(),
        }),
        ...{ transport: link.transport, clock, schedule },
        onEffect: (effect) => {
          if (effect.type === 'port') send(effect.bytes);
        },
      });
      return {
        connected: () => undefined,
        receive: (bytes) => session.toPort(bytes),
        command: (line) => link.device.command(line),
        close: () => link.close(),
      };
    },
  };
}
