import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

// About 50 ms of a thread of the pool for each hash. Kept in the hash, so that a later, costlier choice leaves old
// hashes valid.
const COST = { N: 16_384, r: 8, p: 1 };
const KEY_BYTES = 32;

/** A salted scrypt hash as `scrypt$<N>,<r>,<p>$<salt>$<key>`, salt and key in base64. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(16);
  const key = await derive(password, salt, KEY_BYTES, COST);
  return `scrypt$${COST.N},${COST.r},${COST.p}$${salt.toString('base64')}$${key.toString('base64')}`;
};

/** Whether a hash was made of this password; false for a hash of another form. */
export const verifyPassword = async (password: string, hash: string): Promise<boolean> => {
  const [, cost, salt, key] = /^scrypt\$(\d+,\d+,\d+)\$([\w+/=]+)\$([\w+/=]+)$/.exec(hash) ?? [];
  if (!cost || !salt || !key) return false;
  const [N = 0, r = 0, p = 0] = cost.split(',').map(Number);
  const expected = Buffer.from(key, 'base64');
  return timingSafeEqual(expected, await derive(password, Buffer.from(salt, 'base64'), expected.length, { N, r, p }));
};
