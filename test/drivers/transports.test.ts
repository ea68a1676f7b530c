/** The contract of transports over ports that every machine can make. */
import t from 'tap';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { transportContract } from '../../drivers/transport/transport-contract.ts';
import { findTool, needTool } from '../support/need-tool.ts';
import { packetRig, tcpRig, terminalRig } from './port-rigs.ts';

const common = { open: openTransport, isPackets: false, isExclusive: true };

if (findTool('python3') === undefined) {
  void t.test('ports of pseudo-terminals', (t) => void needTool(t, 'python3'));
} else {
  for (const kind of ['serial', 'lp', 'hidraw'] as const) {
    transportContract(t, {
      ...common,
      name: kind,
      createRig: (t) => terminalRig(t, kind),
      absentAddress: `${kind}:/dev/tillgate-has-no-such-port`,
    });
  }
}

transportContract(t, {
  ...common,
  name: 'tcp',
  createRig: tcpRig,
  absentAddress: 'tcp://127.0.0.1:9',
  isExclusive: false,
});

transportContract(t, {
  ...common,
  name: 'hidraw, simulated',
  createRig: packetRig,
  absentAddress: 'hidraw:/run/tillgate-has-no-such-socket',
  isPackets: true,
  isExclusive: false,
});
