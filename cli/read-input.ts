/** A file named on the command line, or standard input for `-`. */
import { readFile } from 'node:fs/promises';
import { TillgateError } from '../protocol/errors.ts';

/** Throws `FILE_UNREADABLE`, also above `bytesMax`. */
export async function readInput(file: string, bytesMax: number): Promise<Buffer> {
  const bytes = file === '-' ? await readStandardInput(bytesMax) : await read(file);
  if (bytes.length > bytesMax) {
    throw new TillgateError('FILE_UNREADABLE', `${named(file)} has more than ${bytesMax} bytes.`, {
      hint: 'check that it is the file you mean',
    });
  }
  return bytes;
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TillgateError('FILE_UNREADABLE', `${file} cannot be read: ${reason}.`, {
      cause: error,
    });
  }
}

async function readStandardInput(bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > bytesMax) break;
  }
  return Buffer.concat(chunks);
}

const named = (file: string): string => (file === '-' ? 'Standard input' : file);
