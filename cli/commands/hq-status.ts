/** `tillgate hq status`: where headquarters listens, and how it is. */
import { hqPaths } from '../../config/paths.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Command } from '../command.ts';

type Address = { host: string; port: number };
type HqStatus = {
  version: string;
  domain: string;
  mqtt: Address | null;
  http: Address;
  incarnation: string;
  entriesKept: number;
  alarms: { id: string; code: string; message: string; since: string }[];
  projection: { state: string; problem: string | null };
};

export const hqStatus: Command = {
  words: 'hq status',
  summary: 'show how the running headquarters is',
  async run(context) {
    const { askHq } = await import('../../hq/control/hq-call.ts');
    const answer = await askHq(hqPaths(context.home), '/api/status');
    if (answer === undefined) {
      throw new TillgateError('HQ_STOPPED', 'Headquarters of this home does not run.', {
        retryable: true,
      });
    }
    // The same release answers; an older one lacks members, which the text then shows.
    context.output.result(answer, screen(answer as HqStatus));
    return undefined;
  },
};

function screen(status: HqStatus): string {
  const { mqtt, http, projection, alarms } = status;
  const rows: [string, string][] = [
    ['version', status.version],
    ['domain', status.domain],
    ['mqtt', mqtt === null ? 'another broker' : `${mqtt.host}:${mqtt.port}`],
    ['http', `${http.host}:${http.port}`],
    ['life', status.incarnation],
    ['received', `${status.entriesKept} entries since the start`],
    [
      'tables',
      `${projection.state}${projection.problem === null ? '' : `: ${projection.problem}`}`,
    ],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(10)} ${value}`);
  for (const { id, code, message, since } of alarms) {
    lines.push(`ALARM      ${code} since ${since} (${id}): ${message}`);
  }
  return lines.join('\n');
}
