/** The checks of the gateway itself: what it is given to each of them is read here. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lastHolder } from '../../platform/durable/home-lock.ts';
import { PRODUCT_VERSION } from '../../platform/product-version.ts';
import { findSocketPath } from '../../platform/control/control-socket.ts';
import { readAlarms } from '../../platform/alarms.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { checkEnrolment } from '../../protocol/replication/enrolment.ts';
import { verifierKeyOf } from '../control/gateway-identity.ts';
import { rolesInForce } from '../steering/hq-devices.ts';
import { attempt, valueOf, type Attempt } from './attempt.ts';
import { checkAlarms } from './check-alarms.ts';
import { checkConfig } from './check-config.ts';
import { checkConflicts, checkRights } from './check-conflicts.ts';
import { checkDaemon, checkHealth, type HealthReading } from './check-daemon.ts';
import { checkDevices } from './check-devices.ts';
import { checkFeeds } from './check-feeds.ts';
import { checkFiles, type FileReading } from './check-files.ts';
import type { CheckFinding } from './check-finding.ts';
import { checkHeadquarters } from './check-headquarters.ts';
import { checkKeys } from './check-keys.ts';
import { checkLog } from './check-log.ts';
import { checkNetwork } from './check-network.ts';
import { checkVersion } from './check-version.ts';
import { findRoute } from './find-route.ts';
import { programReplaced } from './process-facts.ts';
import type { Scene } from './scene.ts';
import { surveyPeripherals } from './survey-peripherals.ts';
import type { Survey } from './survey.ts';

const HEALTH_MS_MAX = 2_000;

export const GATEWAY_CHECKS: readonly Survey[] = [
  { check: 'version', look: surveyVersion },
  { check: 'config', look: surveyConfig },
  { check: 'daemon', look: surveyDaemon },
  { check: 'health', look: async (scene) => checkHealth(await readHealth(scene)) },
  { check: 'keys', look: surveyKeys },
  { check: 'files', look: (scene) => checkFiles(readFiles(scene)) },
  { check: 'log', look: surveyLog },
  { check: 'alarms', look: ({ status }) => checkAlarms(status?.alarms ?? []) },
  { check: 'headquarters', look: surveyHeadquarters },
  { check: 'network', look: surveyNetwork },
  {
    check: 'feeds',
    look: ({ live, clock }) => checkFeeds({ status: live?.feeds, nowMs: clock.wallMs() }),
  },
  {
    check: 'conflicts',
    look: ({ log }) => checkConflicts(log.ok ? log.value.conflicts : undefined),
  },
  { check: 'rights', look: ({ status }) => checkRights(status) },
  { check: 'devices', look: surveyDevices },
  { check: 'peripherals', look: surveyPeripherals },
];

function surveyVersion({ live }: Scene): CheckFinding[] {
  return checkVersion({
    installed: PRODUCT_VERSION,
    node: process.versions.node,
    running: live?.version ?? null,
    isProgramReplaced: programReplaced(live?.process ?? null),
  });
}

function surveyConfig({ paths, reading, live }: Scene): CheckFinding[] {
  const file = paths.configFile;
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  return checkConfig({ file, reading, mode, steering: live?.steering ?? null });
}

function surveyDaemon({ paths, answer, isLocked }: Scene): CheckFinding[] {
  return checkDaemon({
    status: answer,
    isLocked,
    lastHolder: lastHolder(paths.lockFile),
    hasSocket: existsSync(findSocketPath(paths.controlSocket)),
  });
}

async function readHealth({ live }: Scene): Promise<HealthReading | undefined> {
  if (live === undefined) return undefined;
  const { host, port } = live.http;
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const address = `http://${near.includes(':') ? `[${near}]` : near}:${port}/healthz`;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(HEALTH_MS_MAX) });
    return { address, answer: { status: response.status, body: await response.text() } };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { address, answer: undefined, reason };
  }
}

function surveyKeys({ paths, key, log, enrolment }: Scene): CheckFinding[] {
  const secrets = [
    ...(existsSync(paths.keysDir) ? [paths.keysDir] : []),
    ...filesIn(paths.keysDir).filter((path) => path !== paths.logKeyFile),
    ...(existsSync(paths.enrolmentFile) ? [paths.enrolmentFile] : []),
  ];
  const tried = attempt(() => {
    const joined = valueOf(enrolment);
    if (!key.ok || joined === undefined) return;
    checkEnrolment(joined, joined.origin, verifierKeyOf(joined.origin, key.value));
  });
  return checkKeys({
    logKeyFile: paths.logKeyFile,
    logKeyError: errorOf(key),
    isOtherKey: log.ok && log.value.endsBecause === 'keyChanged',
    enrolmentError: errorOf(tried),
    secrets: secrets.map((path) => ({ path, mode: statSync(path).mode & 0o777 })),
  });
}

function readFiles(scene: Scene): FileReading[] {
  const { paths, signedHeadFile, signedHead, hqHead, registry, peripherals, enrolment } = scene;
  const alarms = attempt(() => readAlarmsOf(paths.alarmsFile));
  const file = (path: string, tried: Attempt<unknown>, follows: string): FileReading => ({
    ...{ path, error: errorOf(tried), follows, isNeeded: false },
  });
  return [
    file(signedHeadFile, signedHead, 'it is passed over and signed anew'),
    file(paths.hqHeadFile, hqHead, 'headquarters tells its head again'),
    file(paths.peripheralsFile, peripherals, 'sales go on without peripherals'),
    file(paths.alarmsFile, alarms, 'the alarms in it are forgotten'),
    { ...file(paths.registryFile, registry, 'the gateway does not start'), isNeeded: true },
    file(paths.enrolmentFile, enrolment, 'nothing is sent to headquarters'),
  ];
}

function readAlarmsOf(path: string): unknown {
  try {
    return readAlarms(path);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TillgateError('REGISTRY_UNREADABLE', `${path} is not JSON.`, { cause: error });
  }
}

function surveyLog({ log, signedHead, hqHead, status }: Scene): CheckFinding[] {
  const isThere = (tried: typeof signedHead): boolean => !tried.ok || tried.value !== undefined;
  return checkLog({
    log,
    isOneSigned: isThere(signedHead) || isThere(hqHead),
    // One that cannot be read is told as a file.
    hasSignedHead: isThere(signedHead),
    recovery: status?.recovery ?? null,
  });
}

function surveyHeadquarters(scene: Scene): CheckFinding[] {
  const { config, enrolment, status, clock } = scene;
  return checkHeadquarters({
    isEnabled: config?.uplink.enabled ?? true,
    isEnrolled: !enrolment.ok || enrolment.value !== undefined,
    ...{ status, headMs: headquartersMs(scene), nowMs: clock.wallMs() },
  });
}

/** When headquarters last signed a head of this log, by its clock. */
export function headquartersMs({ live, hqHead }: Scene): number | undefined {
  const told = live?.uplink.head?.timeSeconds ?? 0;
  const kept = valueOf(hqHead)?.timeSeconds ?? 0;
  const seconds = Math.max(told, kept);
  return seconds === 0 ? undefined : seconds * 1_000;
}

async function surveyNetwork({ config, enrolment }: Scene): Promise<CheckFinding[]> {
  const hqUrl = valueOf(enrolment)?.hqUrl;
  const isCalled = config?.uplink.enabled !== false && hqUrl !== undefined;
  return checkNetwork(isCalled ? await findRoute(hqUrl) : undefined);
}

function surveyDevices({ registry, config, live }: Scene): CheckFinding[] {
  const known = valueOf(registry);
  const roles = config && known && new Set(Object.keys(rolesInForce(config.roles, known)));
  return checkDevices({
    ...{ devices: known?.all(), roles },
    requireSignature: config?.intake.requireSignature ?? true,
    connections: live?.devices.connections ?? null,
  });
}

function errorOf(tried: Attempt<unknown>): TillgateError | undefined {
  return tried.ok ? undefined : tried.error;
}

/** One level; what cannot be listed has none. */
export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => join(folder, name));
}
