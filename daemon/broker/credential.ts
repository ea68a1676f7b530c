/**
 * Passwords of devices: made here, shown once, kept as scrypt hashes in a form that names its own
 * parameters, so that they can be raised later without touching what exists:
 * `scrypt$14$8$1$<salt>$<hash>`, both base64url.
 *
 * The passwords carry 160 random bits, so nothing can be guessed; scrypt is there for the day when
 * somebody sets a password of his own. 16 MiB a check keeps a box of 512 MiB safe from its own door.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const COST_LOG2 = 14;
const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PASSWORD_BYTES = 20;
/** scrypt needs 128 · N · r bytes; what a stored hash may ask for at most. */
const MEMORY_BYTES_MAX = 128 * 1024 * 1024;

export interface ScryptHash {
  costLog2: number;
  blockSize: number;
  parallelism: number;
  salt: Buffer;
  hash: Buffer;
}

/** A new password: five groups of eight hex digits that can be typed and pasted anywhere. */
export function generatePassword(): string {
  return randomBytes(PASSWORD_BYTES)
    .toString('hex')
    .replace(/(.{8})(?=.)/g, '$1-');
}

/** The text that is kept of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const parameters = { costLog2: COST_LOG2, blockSize: BLOCK_SIZE, parallelism: PARALLELISM };
  const hash = await derive(Buffer.from(password, 'utf8'), { ...parameters, salt });
  return formatHash({ ...parameters, salt, hash });
}

/** True when `password` is what `stored` was made of; a text that is no hash fits nothing. */
export async function verifyPassword(password: Buffer, stored: string): Promise<boolean> {
  const expected = parseHash(stored) ?? NOBODY;
  const actual = await derive(password, expected);
  return timingSafeEqual(actual, expected.hash) && expected !== NOBODY;
}

/** Whether `text` could have been made by `hashPassword`, here or elsewhere. */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

/** Takes as long as `verifyPassword`, so that names of devices cannot be found by timing. */
export async function verifyNobody(password: Buffer): Promise<false> {
  await derive(password, NOBODY);
  return false;
}

const NOBODY: ScryptHash = {
  costLog2: COST_LOG2,
  blockSize: BLOCK_SIZE,
  parallelism: PARALLELISM,
  salt: randomBytes(SALT_BYTES),
  hash: randomBytes(HASH_BYTES),
};

function formatHash(value: ScryptHash): string {
  const { costLog2, blockSize, parallelism, salt, hash } = value;
  const bytes = [salt.toString('base64url'), hash.toString('base64url')];
  return ['scrypt', costLog2, blockSize, parallelism, ...bytes].join('$');
}

function parseHash(text: string): ScryptHash | undefined {
  const match = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/.exec(text);
  if (match === null) return undefined;
  const [, costLog2, blockSize, parallelism, salt, hash] = match;
  const value = {
    costLog2: Number(costLog2),
    blockSize: Number(blockSize),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt ?? '', 'base64url'),
    hash: Buffer.from(hash ?? '', 'base64url'),
  };
  return 128 * value.blockSize * 2 ** value.costLog2 < MEMORY_BYTES_MAX ? value : undefined;
}

function derive(password: Buffer, options: Omit<ScryptHash, 'hash'>): Promise<Buffer> {
  const { salt, costLog2, blockSize, parallelism } = options;
  return new Promise((resolve, reject) => {
    const cost = {
      N: 2 ** costLog2,
      r: blockSize,
      p: parallelism,
      maxmem: 2 * MEMORY_BYTES_MAX,
    };
    scrypt(password, salt, HASH_BYTES, cost, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}
