/** A simulated device on a pseudo-terminal, behind a link that stays the same: `serial:LINK`. */
import type { CarrierEvents, SimulationCarrier } from './carrier.ts';
import { openPseudoTerminal } from './pseudo-terminal.ts';
import type { PseudoTerminal } from './pseudo-terminal.ts';

export function createTerminalCarrier(link: string): SimulationCarrier {
  let terminal: PseudoTerminal | undefined;
  return {
    address: `serial:${link}`,
    plug: async (events: CarrierEvents) => {
      terminal = await openPseudoTerminal(link, {
        received: events.received,
        opened: events.connected,
      });
    },
    unplug: async () => {
      const pulled = terminal;
      terminal = undefined;
      await pulled?.hangUp();
    },
    send: (bytes) => terminal?.send(bytes),
  };
}
