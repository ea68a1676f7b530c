/** The screen of `tillgate status`: a pure function of what the gateway says about itself. */
import type { GatewayStatus } from '../daemon/control/gateway-status.ts';
import type { Alarm } from '../platform/alarms.ts';

export function statusScreen(answer: GatewayStatus): string {
  const { log, uplink, devices, ledger, recovery } = answer;
  const rows: [string, string][] = [
    ['gateway', answer.origin],
    ['daemon', daemonText(answer)],
    ['devices', `${devices.enrolled} enrolled, ${devices.connections} connections`],
    ['mqtt', `${answer.mqtt.host}:${answer.mqtt.port}`],
    ['http', `${answer.http.host}:${answer.http.port}`],
    ['log', `${log.size} entries, root ${log.root}`],
    ['uplink', `${uplink.state}${uplink.problem === null ? '' : `: ${uplink.problem}`}`],
    ['headquarters', drainText(answer)],
    ['only here', onlyHereText(answer)],
  ];
  if (answer.grantsFrozen) {
    const why = answer.rights.frozen ?? 'an earlier log is on its way back';
    rows.push(['rights', `frozen (${why}): points, accounts and coupons are refused`]);
  }
  if (recovery !== null) {
    rows.push(['recovery', recoveryText(recovery, answer)]);
  }
  if (ledger !== null) {
    rows.push(['disk', diskText(ledger)]);
    rows.push(['queue', `${ledger.waitingItems} submissions wait`]);
  }
  for (const [at, feed] of answer.feeds.feeds.entries()) {
    rows.push([at === 0 ? 'feeds' : '', feedText(feed)]);
  }
  for (const { origin, size, target } of answer.feeds.coming) {
    rows.push(['feed coming', `${origin}: ${size} of ${target} entries`]);
  }
  rows.push(...steeringRows(answer.steering));
  for (const alarm of answer.alarms) rows.push(['ALARM', alarmText(alarm)]);
  return rows.map(([name, value]) => `${name.padEnd(12)} ${value}`).join('\n');
}

/** A daemon that is down has no uplink either, and does not wait for one. */
function recoveryText(
  { origin, fetched, total }: NonNullable<GatewayStatus['recovery']>,
  { running, uplink }: Pick<GatewayStatus, 'running' | 'uplink'>,
): string {
  if (running && uplink.state === 'off') {
    const wayOut = 'where none is joined, `tillgate log give-up` ends the wait';
    return `${origin}: there is no uplink to headquarters, which could send it back; ${wayOut}`;
  }
  return `${origin}: ${fetched} of ${total ?? 'unknown'} entries are back`;
}

/** Only what somebody has to do something about. */
function steeringRows(steering: GatewayStatus['steering']): [string, string][] {
  if (steering === null) return [];
  const { restartNeeded, refused, problem } = steering.configuration;
  const rows: [string, string][] = [];
  if (problem !== null) rows.push(['config', `NOT VALID, what counted before goes on: ${problem}`]);
  if (restartNeeded.length > 0) rows.push(['restart', `needed for ${restartNeeded.join(', ')}`]);
  for (const { key, code, message } of refused)
    rows.push(['refused', `${key}: ${message} (${code})`]);
  for (const { collection, id, code, message } of steering.refused) {
    rows.push(['refused', `${collection} ${id}: ${message} (${code})`]);
  }
  return rows;
}

const alarmText = ({ id, code, message, count, lastAt }: Alarm): string =>
  `${code}: ${message} (${id}${count > 1 ? `, ${count} times, last ${lastAt}` : ''})`;

function feedText(feed: GatewayStatus['feeds']['feeds'][number]): string {
  const { origin, size, confirmedAt, documents, quarantined } = feed;
  const counts = Object.entries(documents).map(([name, count]) => `${count} ${name}`);
  const said = confirmedAt === null ? 'not confirmed since the start' : `as of ${confirmedAt}`;
  const bad = quarantined === 0 ? '' : `, ${quarantined} IN QUARANTINE`;
  return `${origin}: ${size} entries, ${said}; ${counts.join(', ')}${bad}`;
}

/** Above ten years the number says more about the estimate than about the disk. */
const DAYS_SHOWN_MAX = 3_650;

function diskText({
  daysOfSales,
  freeBytes,
  diskFull,
}: NonNullable<GatewayStatus['ledger']>): string {
  const free = `${gibibytes(freeBytes)} GiB free`;
  if (diskFull) return `FULL, sales are put off until there is room; ${free}`;
  if (daysOfSales === null) return `${free}; the first sales will tell for how many days`;
  const days = daysOfSales > DAYS_SHOWN_MAX ? 'more than ten years' : `${daysOfSales} days`;
  return `${days} of sales at the pace of the last week, ${free}`;
}

/** What is not known is not guessed at. */
function drainText({ uplink, entriesOnlyHere }: GatewayStatus): string {
  const { state, entriesPerSecond, remainingSeconds } = uplink;
  if (entriesOnlyHere === 0) return 'holds every entry';
  const waiting = `${entriesOnlyHere} entries waiting`;
  if (state === 'off') return waiting;
  if (state !== 'streaming' && state !== 'idle') return `${waiting} until it takes them`;
  if (remainingSeconds === null || entriesPerSecond === 0) return `${waiting}, on their way`;
  return `${waiting}, about ${durationText(remainingSeconds)} at ${entriesPerSecond}/s`;
}

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;

/** In one unit, as people say it. */
function durationText(seconds: number): string {
  if (seconds < 2 * MINUTE_SECONDS) return `${Math.ceil(seconds)} s`;
  if (seconds < 2 * HOUR_SECONDS) return `${Math.round(seconds / MINUTE_SECONDS)} min`;
  return `${Math.round(seconds / HOUR_SECONDS)} h`;
}

const daemonText = ({ running, version, startedAt, process }: GatewayStatus): string =>
  running
    ? `running since ${startedAt ?? 'unknown'}, process ${process ?? 0}, version ${version}`
    : 'NOT RUNNING; what follows was read from its files (start it with `tillgate run`)';

function onlyHereText({ entriesOnlyHere }: GatewayStatus): string {
  if (entriesOnlyHere === 0) return 'nothing: headquarters holds every entry';
  return `${entriesOnlyHere} entries exist on this machine only`;
}

const gibibytes = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
