/**
 * Which device entries count for which signed bodies. The order of a log is its index, but entries
 * that HQ sent back came after what was sold meanwhile. So a key that they enrol counts everywhere,
 * and a revocation among them only for the entries that follow it in its own log: for what was sold
 * since, the gateway wrote it once more when it learnt of it.
 */
import type { EpochInfo, ReturnedInfo } from '../ledger/ledger-port.ts';
import type { DeviceEvent, DeviceEvents } from './log-signatures.ts';
import type { SignatureJob } from './log-verify-job.ts';

export interface SignatureJobsOptions {
  readonly logs: readonly EpochInfo[];
  readonly returned: readonly ReturnedInfo[];
  /** Of all logs. */
  readonly events: DeviceEvents;
  readonly width: number;
  readonly faultsMax: number;
}

/** Before every entry there is. */
const FIRST = { epoch: 0, index: 0 };

export function signatureJobs(options: SignatureJobsOptions): SignatureJob[] {
  return options.logs.flatMap((log) => jobsOf(log, options));
}

function jobsOf(log: EpochInfo, options: SignatureJobsOptions): SignatureJob[] {
  const { returned } = options;
  const place = returned.find(({ epoch }) => epoch === log.epoch);
  if (place === undefined) {
    return cut({ ...options, log, start: 0, end: log.size, events: ownEvents(options) });
  }
  // The first entries of a branch are those of the epoch it stands beside.
  const start = place.epoch === place.of ? 0 : place.base;
  return [
    ...cut({ ...options, log, start, end: place.base, events: ownEvents(options) }),
    ...cut({
      ...options,
      log,
      start: place.base,
      end: place.size,
      events: eventsOf(place, options),
    }),
  ];
}

function ownEvents({ events, returned }: SignatureJobsOptions): DeviceEvents {
  return [
    ...enrolledIn(events, (event) => isReturned(event, returned)),
    ...events.filter((event) => !isReturned(event, returned) && !isRepeated(event, returned)),
  ];
}

function eventsOf(place: ReturnedInfo, { events, returned }: SignatureJobsOptions): DeviceEvents {
  const isHere = (event: DeviceEvent): boolean => isReturned(event, [place]);
  const { of, base } = place;
  return [
    ...enrolledIn(events, (event) => isReturned(event, returned) && !isHere(event)),
    ...events.filter(
      (event) =>
        !isReturned(event, returned) &&
        !isRepeated(event, returned) &&
        of !== null &&
        (event.at.epoch < of || (event.at.epoch === of && event.at.index < base)),
    ),
    ...events.filter(isHere),
  ];
}

function enrolledIn(events: DeviceEvents, where: (event: DeviceEvent) => boolean): DeviceEvents {
  return events
    .filter((event) => event.key !== undefined && where(event))
    .map((event) => ({ ...event, at: FIRST }));
}

function isReturned({ at }: DeviceEvent, returned: readonly ReturnedInfo[]): boolean {
  return returned.some(({ epoch, base }) => at.epoch === epoch && at.index >= base);
}

/** Read a second time as the beginning of a branch. */
function isRepeated({ at }: DeviceEvent, returned: readonly ReturnedInfo[]): boolean {
  return returned.some(
    ({ epoch, of, base }) => at.epoch === epoch && epoch !== of && at.index < base,
  );
}

interface Range extends Pick<SignatureJobsOptions, 'events' | 'width' | 'faultsMax'> {
  readonly log: EpochInfo;
  readonly start: number;
  readonly end: number;
}

function cut({ log, start: from, end: to, events, width, faultsMax }: Range): SignatureJob[] {
  const { epoch } = log;
  const count = Math.max(0, Math.ceil((to - from) / width));
  return Array.from({ length: count }, (_, at) => {
    const start = from + at * width;
    const end = Math.min(start + width, to);
    return { type: 'signatures', epoch, start, end, faultsMax, events };
  });
}
