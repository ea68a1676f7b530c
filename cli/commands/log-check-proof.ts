/**
 * `tillgate log check-proof`: needs a proof, a verifier key and nothing else; no gateway, no home,
 * no network.
 */
import { hash } from 'node:crypto';
import { isTillgateError, TillgateError } from '../../protocol/errors.ts';
import { decodeBase64, encodeBase64 } from '../../protocol/log/base64.ts';
import { blobHash, decodeEntry } from '../../protocol/log/entry.ts';
import { verifyTlogProof } from '../../protocol/log/tlog-proof.ts';
import type { ProofCheck } from '../../protocol/log/tlog-proof.ts';
import { decodeVkey } from '../../protocol/log/verifier-key.ts';
import type { Command } from '../command.ts';
import type { CommandInput } from '../command-input.ts';
import { EXIT } from '../exit-code.ts';
import { readInput } from '../read-input.ts';

/** A proof with the largest leaf is below 250 KiB. */
const PROOF_BYTES_MAX = 1024 * 1024;
/** Submissions end at 4 MiB. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

export const logCheckProof: Command = {
  words: 'log check-proof',
  summary: 'check a proof; needs its file and the verifier key only',
  details: 'Exits with 0 when the proof holds and with 1 when it does not.',
  arguments: [{ name: 'file', summary: 'the proof; - is standard input' }],
  options: [
    { flags: '--key <vkey>', summary: 'the verifier key of the log', required: true },
    { flags: '--leaf-hash <base64>', summary: 'the leaf hash from a result or a receipt' },
    { flags: '--body <file>', summary: 'the body that the entry must hold' },
    { flags: '--salt <base64>', summary: 'the salt of a body that is kept beside the log' },
    { flags: '--cosigner <vkey...>', summary: 'keys whose cosignature the proof must carry' },
  ],
  async run(context, input) {
    const proof = await readInput(input.argument('file'), PROOF_BYTES_MAX);
    const cosigners = input.values('cosigner').map((vkey) => decodeVkey(vkey));
    const options = {
      logVkey: decodeVkey(input.requiredOption('key')),
      cosignerVkeys: cosigners,
      ...leafHashOption(input),
    };
    const first = verifyTlogProof(proof.toString('utf8'), options);
    const missing = cosigners.find(
      ({ vkey }) => first.checkpoint?.signatures.some((one) => one.vkey === vkey) === false,
    );
    const reason =
      first.reason ??
      (missing === undefined ? undefined : `${missing.name} did not cosign`) ??
      (await bodyProblem(first, input));
    const check = reason === undefined ? first : { ...first, valid: false, reason };
    context.output.result(documentOf(check), textOf(check));
    return check.valid ? EXIT.ok : EXIT.check;
  },
};

function leafHashOption(input: CommandInput): { leafHash?: Uint8Array } {
  const text = input.option('leafHash');
  if (text === undefined) return {};
  return { leafHash: base64Option('leaf-hash', text) };
}

function base64Option(name: string, text: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes?.length === 32) return bytes;
  throw new TillgateError('USAGE', `--${name} takes 32 bytes in base64.`);
}

/** Why the entry's body is not the file given; undefined when it is, or none was given. */
async function bodyProblem({ leaf }: ProofCheck, input: CommandInput): Promise<string | undefined> {
  const file = input.option('body');
  if (file === undefined) return undefined;
  if (leaf === undefined) return 'the proof does not carry the entry, so its body is not known';
  const bytes = await readInput(file, BODY_BYTES_MAX);
  const described = bodyOf(leaf);
  if (described === undefined) return 'the proven bytes are not an entry of Tillgate';
  if (described.at === 'inline') {
    return hash('sha256', bytes, 'base64') === described.sha256
      ? undefined
      : 'the body of the entry is another than the file';
  }
  const salt = input.option('salt');
  if (salt === undefined)
    return 'the body is kept beside the log; its --salt is needed to check it';
  return encodeBase64(blobHash(base64Option('salt', salt), bytes)) === described.sha256
    ? undefined
    : 'the body of the entry is another than the file, or the salt is';
}

function bodyOf(leaf: Uint8Array) {
  try {
    return decodeEntry(leaf).header.body;
  } catch (error) {
    // Logs of others are proven in the same form; their leaves are not entries.
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return undefined;
    throw error;
  }
}

function documentOf(check: ProofCheck) {
  const { valid, origin, index, size, reason } = check;
  return {
    valid,
    origin,
    index,
    size,
    leafHash: check.leafHash === null ? null : encodeBase64(check.leafHash),
    ...(reason !== undefined && { reason }),
    cosignatures: cosignaturesOf(check),
  };
}

function cosignaturesOf({ checkpoint }: ProofCheck): { name: string; timeSeconds: number }[] {
  return (checkpoint?.signatures ?? []).flatMap(({ name, timeSeconds }) =>
    timeSeconds === undefined ? [] : [{ name, timeSeconds }],
  );
}

function textOf(check: ProofCheck): string {
  if (!check.valid) return `The proof does not hold: ${check.reason ?? 'unknown'}.`;
  const lines = [
    `The proof holds: entry ${check.index ?? 0} of ${check.origin ?? ''}, under its head of ${check.size ?? 0} entries.`,
    `Leaf hash ${check.leafHash === null ? '' : encodeBase64(check.leafHash)}`,
    ...cosignaturesOf(check).map(
      ({ name, timeSeconds }) =>
        `Held by ${name} since ${new Date(timeSeconds * 1_000).toISOString()} at the latest`,
    ),
  ];
  return lines.join('\n');
}
