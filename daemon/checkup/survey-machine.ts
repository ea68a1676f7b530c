/** The checks of the machine around the gateway: what is given to each of them is read here. */
import { existsSync, readFileSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { networkInterfaces, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { nameHolders, portHolders } from '../../drivers/transport/port-holders.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { RESERVE_BYTES, RESERVE_FILE } from '../ledger/space-reserve.ts';
import { askProgram } from './ask-program.ts';
import { attempt, valueOf } from './attempt.ts';
import { checkCertificate, type CertificateReading } from './check-certificate.ts';
import { checkClock } from './check-clock.ts';
import { checkDisk, checkFileSystem, type DiskReading } from './check-disk.ts';
import { checkEncryption } from './check-encryption.ts';
import { ok, type CheckFinding } from './check-finding.ts';
import { checkLimits } from './check-limits.ts';
import { checkOwnership, type OwnedPath } from './check-ownership.ts';
import { checkPorts, portsOf, type NamedPort } from './check-ports.ts';
import { checkService } from './check-service.ts';
import { collides, parseListeningPorts, type ListeningPort } from './listening-ports.ts';
import { mountOf } from './mounts.ts';
import { openFilesOf } from './process-facts.ts';
import { textOf, type Scene } from './scene.ts';
import { filesIn, headquartersMs } from './survey-gateway.ts';
import type { Survey } from './survey.ts';

const CLOCK_MS_MAX = 2_000;

export const MACHINE_CHECKS: readonly Survey[] = [
  { check: 'home', look: ({ paths }) => [ok('home', homeText(paths))] },
  { check: 'service', look: ({ unit }) => checkService(unit) },
  { check: 'ownership', look: surveyOwnership },
  { check: 'disk', look: (scene) => readDisk(scene) },
  { check: 'fileSystem', look: ({ paths }) => checkFileSystem(readMount(paths.dataDir)) },
  { check: 'clock', look: surveyClock },
  { check: 'ports', look: surveyPorts },
  { check: 'encryption', look: ({ config }) => checkEncryption(config?.mqtt) },
  { check: 'certificate', look: (scene) => checkCertificate(readCertificate(scene)) },
  { check: 'limits', look: surveyLimits },
];

const homeText = ({ configFile, dataDir }: Scene['paths']): string =>
  [...new Set([dirname(configFile), dirname(dataDir)])].join(', ');

function surveyOwnership({ paths, account }: Scene): CheckFinding[] {
  const { keysDir, dataDir, runDir, enrolmentFile, configFile } = paths;
  const folders = [keysDir, dataDir, runDir];
  const own = [...folders, ...folders.flatMap(filesIn), enrolmentFile];
  return checkOwnership({
    account,
    own: own.flatMap(ownedAt),
    shared: [dirname(configFile), configFile].flatMap(ownedAt),
  });
}

/** None of a file that has gone meanwhile. */
function ownedAt(path: string): OwnedPath[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  return [{ path, uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o777 }];
}

function readDisk({ paths, live, log }: Scene): CheckFinding[] {
  const { dataDir, ledgerFile } = paths;
  const place = [dataDir, dirname(dataDir), dirname(dirname(dataDir))].find(existsSync) ?? '/';
  const { bavail, bsize, files, ffree } = statfsSync(place);
  const reserve: DiskReading['reserve'] = existsSync(ledgerFile)
    ? { bytes: sizeOf(join(dataDir, RESERVE_FILE)), wantedBytes: RESERVE_BYTES }
    : null;
  return checkDisk({
    ...{ dataDir, freeBytes: bavail * bsize, freeFiles: files === 0 ? null : ffree, reserve },
    daysOfSales: live?.ledger?.daysOfSales ?? (log.ok ? log.value.daysOfSales : null),
    isFull: live?.ledger?.diskFull ?? false,
  });
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function readMount(dataDir: string): ReturnType<typeof mountOf> {
  const place = existsSync(dataDir) ? dataDir : dirname(dataDir);
  const path = existsSync(place) ? realpathSync(place) : place;
  return mountOf(path, textOf('/proc/self/mountinfo'));
}

async function surveyClock(scene: Scene): Promise<CheckFinding[]> {
  const log = valueOf(scene.log);
  return checkClock({
    nowMs: scene.clock.wallMs(),
    isSynchronised: await isClockSynchronised(),
    newestEntryMs: log?.newestEntryMs,
    headquartersMs: headquartersMs(scene),
    anchor: log?.anchor,
  });
}

/** As systemd-timesyncd says it, or the kernel's own flag, which every other keeper of time sets. */
async function isClockSynchronised(): Promise<boolean | undefined> {
  if (existsSync('/run/systemd/timesync/synchronized')) return true;
  const words = ['show', '--property=NTPSynchronized', '--value'];
  const answer = await askProgram('timedatectl', words, CLOCK_MS_MAX);
  const said = answer?.stdout.trim();
  return said === 'yes' ? true : said === 'no' ? false : undefined;
}

async function surveyPorts({ config, live, isLocked }: Scene): Promise<CheckFinding[]> {
  // One that starts or is silent holds them too.
  const isRunning = live !== undefined || isLocked;
  const wanted = config && portsOf(config);
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return checkPorts({
    ...{ wanted, isRunning },
    listening: isRunning ? [] : await findListening(wanted ?? []),
    own: own.map(({ address }) => address),
  });
}

/** Only those that matter: who holds one is searched through all processes. */
async function findListening(
  wanted: readonly NamedPort[],
): Promise<(ListeningPort & { holder: string })[]> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(textOf);
  const matter = tables
    .flatMap(parseListeningPorts)
    .filter(({ address, port }) =>
      wanted.some((one) => one.port === port && collides(one.host, address)),
    );
  const found = [];
  for (const one of matter) {
    found.push({ ...one, holder: nameHolders(await portHolders(`socket:[${one.inode}]`)) });
  }
  return found;
}

function readCertificate({ config, clock }: Scene): CertificateReading | undefined {
  const files = tlsFiles(config);
  if (files === undefined) return undefined;
  const { certFile, keyFile } = files;
  const pem = attempt(() => ({
    certificate: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
  }));
  const keyMode = (statSync(keyFile, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
  const nowMs = clock.wallMs();
  return { certFile, keyFile, pem: pem.ok ? pem.value : pem.error, keyMode, nowMs };
}

function tlsFiles(
  config: GatewayConfig | undefined,
): { certFile: string; keyFile: string } | undefined {
  if (config?.mqtt.tls.enabled !== true) return undefined;
  const { certFile, keyFile } = config.mqtt.tls;
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

function surveyLimits({ unit, live }: Scene): CheckFinding[] {
  // A shell has limits of its own; where the service has a unit, that one counts.
  const bound = unit === undefined ? process.constrainedMemory() : unit.memoryMaxBytes;
  const openFiles = live === undefined ? unit?.openFilesMax : undefined;
  return checkLimits({
    memoryBytes: Math.min(totalmem(), bound === null || bound === 0 ? Infinity : bound),
    openFiles: openFiles ?? openFilesOf(live?.process ?? null),
  });
}
