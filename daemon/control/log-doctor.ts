/**
 * `tillgate log doctor`: what is wrong with the local log, and, when asked, puts it right. Looking
 * changes nothing and works beside a running daemon; repairing needs the home's lock.
 */
import type { KeyObject } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import { loadConfig } from '../../config/loader.ts';
import { gatewayPaths, type GatewayPaths } from '../../config/paths.ts';
import { Alarms } from '../../platform/alarms.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { acquireHomeLock } from '../../platform/durable/home-lock.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import type { Clock } from '../../protocol/clock.ts';
import { isTillgateError, TillgateError } from '../../protocol/errors.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { parseEnrolment, type Enrolment } from '../../protocol/replication/enrolment.ts';
import { rangeText, type EntryRange } from '../doctor/entry-range.ts';
import { examineFiles, putAside, type SpoiltFile } from '../doctor/examine-files.ts';
import { examineLedger } from '../doctor/examine-ledger.ts';
import { LEDGER_PARTS, type Finding } from '../doctor/finding.ts';
import { HqFetcher } from '../doctor/hq-fetcher.ts';
import { LedgerSalvage } from '../doctor/ledger-salvage.ts';
import { repairLedger, type Repaired } from '../doctor/repair-ledger.ts';
import { epochText } from '../epochs/next-opening.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { freeBytes } from '../ledger/space-reserve.ts';
import { HeadSigner } from '../signing/head-signer.ts';
import { readStoredHead, type StoredHead } from '../signing/stored-head.ts';

export interface DoctorReport {
  healthy: boolean;
  findings: Finding[];
  /** Bytes that wait beside the database; null where there is none. */
  walBytes: number | null;
  /** What was done, in sentences; empty without `--repair`. */
  repaired: string[];
  /** What nobody has any more. */
  lost: EntryRange[];
}

export interface DoctorOptions {
  home: string | undefined;
  clock: Clock;
  onProgress: (done: number) => void;
}

export class LogDoctor {
  readonly #options: DoctorOptions;
  readonly #paths: GatewayPaths;
  readonly #signedHeadFile: string;

  /** Throws the errors of the configuration. */
  constructor(options: DoctorOptions) {
    this.#options = options;
    this.#paths = gatewayPaths(options.home);
    const config = loadConfig(GATEWAY_CONFIG, this.#paths.configFile);
    this.#signedHeadFile = config.ledger.signedHeadFile ?? this.#paths.signedHeadFile;
  }

  /** Reads only. */
  async examine(): Promise<DoctorReport> {
    const { spoilt, findings } = await this.#look();
    return this.#report([...spoilt.map(plain), ...findings], { repaired: [], lost: [] });
  }

  /**
   * Throws `HOME_LOCKED` while the daemon runs. `withoutHq` gives up what only headquarters could
   * give back.
   */
  async repair({ withoutHq }: { withoutHq: boolean }): Promise<DoctorReport> {
    const lock = acquireHomeLock(this.#paths.lockFile);
    try {
      const { spoilt, findings } = await this.#look();
      const isLedgerConcerned = findings.some(({ part }) => LEDGER_PARTS.has(part));
      if (isLedgerConcerned) checkRoom(this.#paths.ledgerFile);
      const stamp = new Date(this.#options.clock.wallMs()).toISOString().replaceAll(/[:.]/g, '-');
      const repaired = putAside(spoilt, stamp).map((path) => `Put aside as ${path}.`);
      const lost: EntryRange[] = [];
      let hasOpened = false;
      if (isLedgerConcerned) {
        const done = await this.#repairLedger(withoutHq);
        repaired.push(...(done === undefined ? [NOT_DONE] : toldOf(done)));
        lost.push(...(done?.lost ?? []), ...(done?.bodiesLost ?? []));
        hasOpened = done?.opened !== undefined;
      }
      if (hasOpened || !existsSync(this.#signedHeadFile)) this.#signTip(repaired);
      const after = await this.#look();
      const left = [...after.spoilt.map(plain), ...after.findings];
      return this.#report(left, { repaired, lost });
    } finally {
      lock.release();
    }
  }

  #report(findings: Finding[], done: Pick<DoctorReport, 'repaired' | 'lost'>): DoctorReport {
    const wal = `${this.#paths.ledgerFile}-wal`;
    const walBytes = existsSync(wal) ? statSync(wal).size : null;
    return { healthy: findings.length === 0, findings, walBytes, ...done };
  }

  async #look(): Promise<{ spoilt: SpoiltFile[]; findings: Finding[] }> {
    const { spoilt, findings } = await examineFiles(this.#paths, this.#signedHeadFile);
    // Heads first: one that is larger than the log afterwards means that the log was cut.
    const heads = this.#heads();
    return { spoilt, findings: [...findings, ...this.#lookAtLedger(heads)] };
  }

  #lookAtLedger(heads: readonly (StoredHead & { name: string })[]): Finding[] {
    const { ledgerFile } = this.#paths;
    if (!existsSync(ledgerFile)) {
      const message = `${ledgerFile} is missing; the next start begins a new epoch.`;
      return heads.length === 0 ? [] : [{ part: 'heads', message }];
    }
    const salvage = LedgerSalvage.look(ledgerFile);
    if (salvage === undefined) {
      return [{ part: 'database', message: `SQLite cannot open ${ledgerFile}.` }];
    }
    try {
      const { onProgress } = this.#options;
      return examineLedger({ salvage, heads, onProgress });
    } finally {
      salvage.close();
    }
  }

  async #repairLedger(withoutHq: boolean): Promise<Repaired | undefined> {
    const { clock } = this.#options;
    const { ledgerFile, hqHeadFile, enrolmentFile, alarmsFile, logKeyFile } = this.#paths;
    const enrolment = withoutHq ? undefined : enrolmentIn(enrolmentFile);
    const fetcher = enrolment === undefined ? undefined : new HqFetcher({ enrolment, clock });
    try {
      const repaired = await repairLedger({
        ...{ ledgerFile, heads: this.#heads(), hqHead: headIn(hqHeadFile), clock },
        fetch: fetcher?.fetch ?? (() => Promise.resolve({ type: 'unfit' })),
        privateKey: readEd25519KeyFile(logKeyFile),
      });
      if (repaired?.opened !== undefined) {
        const alarms = new Alarms({ path: alarmsFile, clock, onTrouble: () => undefined });
        alarms.raise('LOG_EPOCH_OPENED', epochText(repaired.opened));
      }
      return repaired;
    } finally {
      fetcher?.close();
    }
  }

  /** As the daemon does at its start; a log that was cut is its start check's to judge. */
  #signTip(repaired: string[]): void {
    if (!existsSync(this.#paths.ledgerFile)) return;
    const privateKey: KeyObject = readEd25519KeyFile(this.#paths.logKeyFile);
    const log = openLedgerReader(this.#paths.dataDir);
    try {
      const signer = createNoteSigner({ name: log.origin, type: KEY_TYPE_ED25519, privateKey });
      const { size } = new HeadSigner({
        log,
        signer,
        signedHeadFile: this.#signedHeadFile,
      }).signTip();
      repaired.push(`The head of ${log.origin} at ${size} is signed anew.`);
    } finally {
      log.close();
    }
  }

  #heads(): (StoredHead & { name: string })[] {
    const signed = headIn(this.#signedHeadFile);
    const hq = headIn(this.#paths.hqHeadFile);
    return [
      ...(signed === undefined ? [] : [{ ...signed, name: 'the signed head' }]),
      ...(hq === undefined ? [] : [{ ...hq, name: "headquarters' head" }]),
    ];
  }
}

const NOT_DONE =
  'The ledger was left as it is: headquarters is needed for what is missing and does not answer. ' +
  'Try again when it does, or give that up with --without-hq.';

/** What else is written meanwhile: heads, alarms, the tables of a fresh file. */
const MARGIN_BYTES = 16 * 1024 * 1024;

/** Throws `DISK_FULL` before anything is changed; a fresh ledger is as large as what it is made from. */
function checkRoom(ledgerFile: string): void {
  const sizes = ['', '-wal'].map((suffix) =>
    existsSync(`${ledgerFile}${suffix}`) ? statSync(`${ledgerFile}${suffix}`).size : 0,
  );
  // Without its first page it is read from a copy.
  const copies = LedgerSalvage.canLook(ledgerFile) ? 1 : 2;
  const needed = sizes.reduce((sum, size) => sum + size, 0) * copies + MARGIN_BYTES;
  const free = freeBytes(ledgerFile);
  if (free >= needed) return;
  const message =
    `The repair needs ${mebibytes(needed)} MiB of free space in ${dirname(ledgerFile)}, and ` +
    `${mebibytes(free)} MiB are free. Nothing was changed.`;
  throw new TillgateError('DISK_FULL', message, { retryable: true });
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);

const plain = ({ part, message }: SpoiltFile): Finding => ({ part, message });

/** One that cannot be read is a finding of its own. */
function headIn(path: string): StoredHead | undefined {
  try {
    return readStoredHead(path);
  } catch (error) {
    if (isTillgateError(error, 'STORED_HEAD_INVALID')) return undefined;
    throw error;
  }
}

function enrolmentIn(path: string): Enrolment | undefined {
  const bytes = readFileIfPresent(path);
  if (bytes === undefined) return undefined;
  try {
    return parseEnrolment(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (isTillgateError(error, 'ENROLMENT_INVALID')) return undefined;
    throw error;
  }
}

function toldOf({
  keptAs,
  entries,
  fetched,
  lost,
  bodiesLost,
  opened,
  carried,
}: Repaired): string[] {
  if (entries === 0) return [`Nothing of the ledger can be read; it is kept as ${keptAs}.`];
  return [
    `The ledger was made anew from ${entries} entries; the damaged file is kept as ${keptAs}.`,
    ...fetched.map((range) => `Headquarters gave back ${rangeText(range)}.`),
    ...lost.map((range) => `Nobody has ${rangeText(range)} any more.`),
    ...bodiesLost.map((range) => `Nobody has the body of ${rangeText(range)} any more.`),
    ...(opened === undefined ? [] : [`${epochText(opened)}.`]),
    ...(carried === 0 ? [] : [`${carried} sales behind the gap were written again.`]),
  ];
}
