/** Time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes. */
import crypto from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { tokenHash } from './secrets.ts';

const STEP_S = 30;
const RECOVERY_CODES = 10;

export function newSecondFactor(user: string): { readonly secret: string; readonly uri: string } {
  const secret = new Secret({ size: 20 });
  return { secret: secret.base32, uri: totp(secret.base32, user).toString() };
}

/**
 * @param lastStep the step of the last code that was taken: a code counts once
 * @returns the step of the code, or null when it is not right
 */
export function stepOfCode(secret: string, code: string, lastStep: number, nowMs = Date.now()): number | null {
  const digits = code.replaceAll(' ', '');
  if (!/^\d{6}$/.test(digits)) return null;
  const delta = totp(secret, '').validate({ token: digits, window: 1, timestamp: nowMs });
  if (delta === null) return null;
  const step = Math.floor(nowMs / 1000 / STEP_S) + delta;
  return step > lastStep ? step : null;
}

export function newRecoveryCodes(): { readonly codes: readonly string[]; readonly stored: string } {
  const codes = Array.from({ length: RECOVERY_CODES }, () => crypto.randomBytes(8).toString('hex'));
  return { codes, stored: codes.map(tokenHash).join(',') };
}

/** @returns the codes that are left, or null when it is not one of them */
export function withoutRecoveryCode(stored: string, code: string): string | null {
  const hashes = stored.split(',').filter(Boolean);
  const used = tokenHash(code.trim().toLowerCase());
  return hashes.includes(used) ? hashes.filter((hash) => hash !== used).join(',') : null;
}

function totp(secret: string, user: string): TOTP {
  return new TOTP({ issuer: 'pgherd', label: user, algorithm: 'SHA1', digits: 6, period: STEP_S, secret });
}
