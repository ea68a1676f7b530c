/**
 * Looks at a whole installation, with the daemon running or not, and changes nothing. Each check is a
 * pure function of what was read for it and has a time of its own, so the whole ends within seconds,
 * whatever hangs: the disk of the home is asked first by another process, which is left behind if it
 * never comes back.
 */
import { existsSync } from 'node:fs';
import { TillgateError } from '../../protocol/errors.ts';
import { PRODUCT_VERSION } from '../../platform/product-version.ts';
import { askProgram } from './ask-program.ts';
import { CHECK_NAMES, failed, ok, type CheckFinding, type CheckName } from './check-finding.ts';
import { readScene, type CheckupOptions, type Scene } from './scene.ts';
import { GATEWAY_CHECKS } from './survey-gateway.ts';
import { MACHINE_CHECKS } from './survey-machine.ts';
import { withinTime } from './within-time.ts';

export interface Survey {
  check: CheckName;
  look: (scene: Scene) => CheckFinding[] | Promise<CheckFinding[]>;
}

/** A disk that is well answers in milliseconds; one that wakes up takes a second. */
const DISK_MS_MAX = 1_500;
const CHECK_MS_MAX = 4_000;

/** Throws what other commands throw where there is no home, or this user may not read it. */
export async function surveyInstallation(options: CheckupOptions): Promise<CheckFinding[]> {
  const { configFile, logKeyFile, ledgerFile, dataDir } = options.paths;
  const answer = await askProgram('stat', ['--', configFile, dataDir], DISK_MS_MAX);
  if (answer === undefined) {
    const message = `The disk of ${configFile} or ${dataDir} gives no answer.`;
    return [ok('version', `Tillgate ${PRODUCT_VERSION}`), failed('home', 'DISK_IO', message)];
  }
  if (![configFile, logKeyFile, ledgerFile].some((path) => existsSync(path))) {
    throw new TillgateError('CONFIG_MISSING', `There is no configuration at ${configFile}.`);
  }
  const scene = await readScene(options);
  if (!scene.reading.ok && scene.reading.error.code === 'FILE_PERMISSIONS') {
    throw scene.reading.error;
  }
  const checks = [...GATEWAY_CHECKS, ...MACHINE_CHECKS].map(({ check, look }) =>
    withinTime(check, CHECK_MS_MAX, () => look(scene)),
  );
  const order = (finding: CheckFinding): number => CHECK_NAMES.indexOf(finding.check);
  return (await Promise.all(checks)).flat().sort((a, b) => order(a) - order(b));
}
