/** A password for a device, and the hash that may be published of it. */
import { generatePassword, hashPassword } from '../broker/credential.ts';

export async function makeCredential(
  given?: string,
): Promise<{ password: string; credential: string }> {
  const password = given ?? generatePassword();
  return { password, credential: await hashPassword(password) };
}
