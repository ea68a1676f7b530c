/**
 * Looking into the gateway's own log and proving from it: works from the files, beside a running
 * daemon or without one. Only a head that nobody has signed yet needs the daemon, or the home's
 * lock when it is down; the caller brings that as `signHead`.
 */
import type { KeyObject } from 'node:crypto';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import { loadConfig } from '../../config/loader.ts';
import { gatewayPaths } from '../../config/paths.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import { isTillgateError, TillgateError } from '../../protocol/errors.ts';
import { isUuid } from '../../protocol/ids.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { decodeEntry, type EntryHeader } from '../../protocol/log/entry.ts';
import { hashesEqual, inclusionProof, leafHash, rootAt } from '../../protocol/log/merkle.ts';
import type { Hash } from '../../protocol/log/merkle.ts';
import {
  createNoteSigner,
  formatSignatureLine,
  signNote,
  verifyNote,
} from '../../protocol/log/note.ts';
import { formatTlogProof, verifyTlogProof } from '../../protocol/log/tlog-proof.ts';
import {
  KEY_TYPE_COSIGNATURE,
  KEY_TYPE_ED25519,
  decodeVkey,
} from '../../protocol/log/verifier-key.ts';
import { parseEnrolment } from '../../protocol/replication/enrolment.ts';
import type { EntryRef } from '../ledger/ledger-port.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { refuseBranch } from './refuse-branch.ts';
import { readStoredHead } from '../signing/stored-head.ts';
import type { StoredHead } from '../signing/stored-head.ts';
import { firstOrigin, verifierKeyOf } from './gateway-identity.ts';
import type { HeadToCheck } from './log-verification.ts';
import { timeBracket, type TimeBracket } from './time-bracket.ts';

export interface LogKey {
  origin: string;
  verifierKey: string;
}

export interface ShownEntry {
  origin: string;
  epoch: number;
  index: number;
  leaf: Uint8Array;
  leafHash: Hash;
  header: EntryHeader;
  /** The body as received; undefined when its blob is gone. */
  body: Uint8Array | undefined;
  /** Of a body kept beside the log. */
  salt?: Uint8Array;
}

/** The signed note over the committed tip, from whoever may sign it now. */
export type SignHead = () => Promise<{ size: number; note: string }>;

export class LogInspection {
  readonly paths: GatewayPaths;
  readonly #signedHeadFile: string;
  readonly #firstOrigin: string;
  #reader: LedgerReader | undefined;
  #privateKey: KeyObject | undefined;

  /** Throws the errors of the configuration. */
  constructor(home: string | undefined) {
    this.paths = gatewayPaths(home);
    const config = loadConfig(GATEWAY_CONFIG, this.paths.configFile);
    this.#signedHeadFile = config.ledger.signedHeadFile ?? this.paths.signedHeadFile;
    this.#firstOrigin = firstOrigin(config);
  }

  /** The newest epoch. Throws `LEDGER_MISSING` before the gateway's first start. */
  get reader(): LedgerReader {
    this.#reader ??= openLedgerReader(this.paths.dataDir);
    return this.#reader;
  }

  close(): void {
    this.#reader?.close();
  }

  /** The verifier keys of all epochs, newest first. */
  keys(): LogKey[] {
    return this.#origins()
      .reverse()
      .map((origin) => ({ origin, verifierKey: this.#vkey(origin) }));
  }

  /** An index of the newest epoch (or of `epoch`), or a transactionId of any. */
  find(target: string, epoch?: number): EntryRef {
    if (isUuid(target)) return this.#findTransaction(target);
    if (!/^(?:0|[1-9][0-9]{0,14})$/.test(target)) {
      throw new TillgateError('USAGE', `"${target}" is neither an index nor a transactionId.`);
    }
    const log = epoch === undefined ? this.reader : this.#ofEpoch(epoch);
    const index = Number(target);
    if (index >= log.size()) {
      const message = `${log.origin} has ${log.size()} entries; the last index is ${log.size() - 1}.`;
      throw new TillgateError('LOG_ENTRY_UNKNOWN', message);
    }
    return { epoch: log.epoch, index };
  }

  /** Throws `LOG_ENTRY_INVALID` for an entry that was damaged. */
  show(ref: EntryRef): ShownEntry {
    const log = this.reader.ofEpoch(ref.epoch);
    const leaf = this.#leaf(log, ref.index);
    const { header, body } = decodeEntry(leaf);
    const place = { origin: log.origin, ...ref, leaf, leafHash: leafHash(leaf), header };
    if (header.v !== 1 || header.body.at === 'inline') return { ...place, body };
    const blob = log.blob(ref.index);
    if (blob === undefined) return { ...place, body: undefined };
    return { ...place, body: blob.bytes, salt: blob.salt };
  }

  /** Between which two times of HQ the entry was written. */
  timeBracket(ref: EntryRef): TimeBracket {
    return timeBracket(this.reader, ref, readStoredHead(this.paths.hqHeadFile));
  }

  /**
   * A tlog-proof of the entry, with the leaf as its extra line: under HQ's head when it covers the
   * entry, then with HQ's cosignature; else under the newest head of our own. Throws
   * `LEDGER_DAMAGED` when what is stored does not prove it.
   */
  async prove(ref: EntryRef, signHead: SignHead): Promise<string> {
    const log = this.reader.ofEpoch(ref.epoch);
    const leaf = this.#leaf(log, ref.index);
    const { size, note } = await this.#headOver(log, ref.index, signHead);
    const proof = inclusionProof(ref.index, size, log.node);
    const text = formatTlogProof({ index: ref.index, proof, note, extra: leaf });
    const check = verifyTlogProof(text, { logVkey: this.#vkey(log.origin) });
    if (!check.valid) {
      throw new TillgateError(
        'LEDGER_DAMAGED',
        `Entry ${ref.index} cannot be proven: ${check.reason ?? 'unknown'}.`,
        { hint: 'tillgate log verify' },
      );
    }
    return text;
  }

  /** The heads that are kept, with the keys that may have signed them. */
  heads(): HeadToCheck[] {
    const keys = this.#origins().map((origin) => this.#vkey(origin));
    const signed = readStoredHead(this.#signedHeadFile);
    const hq = readStoredHead(this.paths.hqHeadFile);
    return [
      ...(signed === undefined
        ? []
        : [{ source: 'signedHead', head: signed, vkeys: keys } as const]),
      ...(hq === undefined ? [] : [{ source: 'hqHead', head: hq, vkeys: this.#hqKeys() } as const]),
    ];
  }

  async #headOver(
    log: LedgerReader,
    index: number,
    signHead: SignHead,
  ): Promise<{ size: number; note: string }> {
    const newest = this.reader.epochs().at(-1)?.epoch;
    refuseBranch(log, this.reader);
    // An epoch that was left is as long as it will ever be, and no longer than what it signed.
    if (log.epoch !== newest) return { size: log.size(), note: this.#sign(log, log.size()) };
    const kept = readStoredHead(this.#signedHeadFile);
    const covers = (head: StoredHead | undefined): head is StoredHead =>
      head?.origin === log.origin && head.size > index && head.size <= log.size();
    const signed = covers(kept) ? kept : await signHead();
    const hq = readStoredHead(this.paths.hqHeadFile);
    if (!covers(hq) || hq.size > signed.size) return signed;
    if (!hashesEqual(rootAt(hq.size, log.node), hq.root)) return signed;
    return { size: hq.size, note: this.#sign(log, hq.size) + this.#cosignatures(hq.note) };
  }

  /** A prefix of what is signed already: it adds no statement, so it needs no record. */
  #sign(log: LedgerReader, size: number): string {
    const { origin } = log;
    const text = formatCheckpoint({ origin, size, root: rootAt(size, log.node) });
    const privateKey = this.#key();
    return signNote(text, createNoteSigner({ name: origin, type: KEY_TYPE_ED25519, privateKey }));
  }

  /** The signature lines of HQ's pinned keys, none where they do not hold. */
  #cosignatures(note: string): string {
    try {
      const { signatures } = verifyNote(note, this.#hqKeys());
      return signatures.map(formatSignatureLine).join('');
    } catch (error) {
      // A head whose signature fails is `log verify`'s to report; the proof is good without it.
      if (isTillgateError(error, 'LOG_NOTE_SIGNATURE')) return '';
      throw error;
    }
  }

  #hqKeys(): string[] {
    const bytes = readFileIfPresent(this.paths.enrolmentFile);
    if (bytes === undefined) return [];
    const { hqKeys } = parseEnrolment(Buffer.from(bytes).toString('utf8'));
    return hqKeys.filter((vkey) => decodeVkey(vkey).type === KEY_TYPE_COSIGNATURE);
  }

  #origins(): string[] {
    try {
      return this.reader.epochs().map(({ origin }) => origin);
    } catch (error) {
      // Before the first start there is no ledger, but its name and key are settled.
      if (isTillgateError(error, 'LEDGER_MISSING')) return [this.#firstOrigin];
      throw error;
    }
  }

  #findTransaction(transactionId: string): EntryRef {
    const ref = this.reader.findTransaction(transactionId);
    if (ref !== undefined) return ref;
    const message = `No entry books the transaction ${transactionId}.`;
    const hint =
      'a submission that was rejected or in conflict is found by the index in its result';
    throw new TillgateError('LOG_ENTRY_UNKNOWN', message, { hint });
  }

  #ofEpoch(epoch: number): LedgerReader {
    const places = [...this.reader.epochs(), ...this.reader.returned()];
    const known = places.some((info) => info.epoch === epoch);
    if (known) return this.reader.ofEpoch(epoch);
    throw new TillgateError('LOG_ENTRY_UNKNOWN', `This gateway has no epoch ${epoch}.`);
  }

  #leaf(log: LedgerReader, index: number): Uint8Array {
    const leaf = log.entry(index);
    if (leaf !== undefined) return leaf;
    throw new TillgateError('LEDGER_DAMAGED', `Entry ${index} is missing.`, {
      hint: 'tillgate log verify',
    });
  }

  #vkey(origin: string): string {
    return verifierKeyOf(origin, this.#key());
  }

  #key(): KeyObject {
    this.#privateKey ??= readEd25519KeyFile(this.paths.logKeyFile);
    return this.#privateKey;
  }
}
