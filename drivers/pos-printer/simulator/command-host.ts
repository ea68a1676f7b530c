/** What in-line commands make a simulated printer do and answer, each when its turn comes. */
import type { InterpreterHost } from './interpreter.ts';
import { inLineAnswer } from './machine-state.ts';
import type { MachineState } from './machine-state.ts';
import type { Mechanism } from './mechanism.ts';
import type { SimulatedModel } from './simulated-model.ts';

export interface CommandHostParts {
  readonly model: SimulatedModel;
  readonly machine: MachineState;
  readonly mechanism: () => Mechanism;
  readonly send: (bytes: Uint8Array) => void;
  readonly kick: (connector: 1 | 2) => void;
  readonly pushStatus: (n: number) => void;
}

export function createCommandHost(parts: CommandHostParts): InterpreterHost {
  const { model, machine, mechanism, send, kick } = parts;
  /** After all that was set before it is on paper. */
  const later = (action: () => void): void => {
    mechanism().later(action);
  };
  return {
    cut: () => {
      later(() => {
        mechanism().cut();
      });
    },
    pulse: (connector) => {
      later(() => {
        kick(connector);
      });
    },
    automaticStatus: (n) => {
      if (model.pushesStatus) parts.pushStatus(n);
    },
    sensorStatus: (n) => {
      later(() => {
        if (model.answersSensors) send(Uint8Array.of(inLineAnswer(machine, n)));
      });
    },
    identity: (n) => {
      const text = model.identity[n];
      if (text !== undefined) send(Buffer.from(`_${text}\0`, 'latin1'));
    },
    processId: (id) => {
      later(() => {
        if (model.answersProcessIds) send(Uint8Array.of(0x37, 0x22, ...id, 0));
      });
    },
  };
}
