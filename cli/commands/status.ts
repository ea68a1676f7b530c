/** `tillgate status`: one screen, whether the daemon runs or not. */
import type { Alarm } from '../../platform/alarms.ts';
import type { GatewayStatus } from '../../daemon/control/gateway-status.ts';
import { statusOfGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

export const status: Command = {
  words: 'status',
  summary: 'show how the gateway is',
  async run(context) {
    const answer = await statusOfGateway(context);
    context.output.result(answer, screen(answer));
    return undefined;
  },
};

function screen(answer: GatewayStatus): string {
  const { log, uplink, devices, ledger } = answer;
  const rows: [string, string][] = [
    ['gateway', answer.origin],
    ['daemon', daemonText(answer)],
    ['devices', `${devices.enrolled} enrolled, ${devices.connections} connections`],
    ['mqtt', `${answer.mqtt.host}:${answer.mqtt.port}`],
    ['http', `${answer.http.host}:${answer.http.port}`],
    ['log', `${log.size} entries, root ${log.root}`],
    ['uplink', `${uplink.state}${uplink.problem === null ? '' : `: ${uplink.problem}`}`],
    ['only here', onlyHereText(answer)],
  ];
  if (ledger !== null) {
    const days = daysText(ledger.daysOfSales);
    const full = ledger.diskFull ? 'FULL, sales are put off until there is room; ' : '';
    rows.push(['disk', `${full}${gibibytes(ledger.freeBytes)} GiB free${days}`]);
    rows.push(['queue', `${ledger.waitingItems} submissions wait`]);
  }
  for (const alarm of answer.alarms) rows.push(['ALARM', alarmText(alarm)]);
  return rows.map(([name, value]) => `${name.padEnd(10)} ${value}`).join('\n');
}

const alarmText = ({ id, code, message, count, lastAt }: Alarm): string =>
  `${code}: ${message} (${id}${count > 1 ? `, ${count} times, last ${lastAt}` : ''})`;

/** Above ten years the number says more about the estimate than about the disk. */
const DAYS_SHOWN_MAX = 3_650;

function daysText(days: number | null): string {
  if (days === null) return '';
  return days > DAYS_SHOWN_MAX ? ', more than ten years of sales' : `, ${days} days of sales`;
}

const daemonText = ({ running, version, startedAt, process }: GatewayStatus): string =>
  running
    ? `running since ${startedAt ?? 'unknown'}, process ${process ?? 0}, version ${version}`
    : 'NOT RUNNING; what follows was read from its files (start it with `tillgate run`)';

function onlyHereText({ entriesOnlyHere, uplink }: GatewayStatus): string {
  if (entriesOnlyHere === 0) return 'nothing: headquarters holds every entry';
  const left = uplink.remainingSeconds;
  const estimate = left === null ? '' : `, about ${Math.ceil(left)} s to go`;
  return `${entriesOnlyHere} entries exist on this machine only${estimate}`;
}

const gibibytes = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
