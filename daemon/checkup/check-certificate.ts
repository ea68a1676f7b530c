/** Whether the broker's certificate for TLS can be used, today and next month. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { TillgateError } from '../../protocol/errors.ts';
import { failed, failedBy, ok, warning, type CheckFinding } from './check-finding.ts';

export interface CertificateReading {
  certFile: string;
  keyFile: string;
  /** What the files hold, or why they cannot be read. */
  pem: { certificate: string; key: string } | TillgateError;
  /** Permission bits of the key. */
  keyMode: number;
  nowMs: number;
}

const OF_ALL = 0o007;
const DAY_MS = 86_400_000;
/** Time for a technician's next visit. */
const EXPIRES_SOON_DAYS = 30;

/** `read` is undefined where no listener uses TLS. */
export function checkCertificate(read: CertificateReading | undefined): CheckFinding[] {
  if (read === undefined) return [ok('certificate', 'TLS is not switched on')];
  const { certFile, keyFile, pem, keyMode } = read;
  if ('code' in pem) return [failedBy('certificate', pem)];
  const certificate = readPem(() => new X509Certificate(pem.certificate));
  if (certificate === undefined) return [invalid(`${certFile} holds no certificate in PEM.`)];
  const key = readPem(() => createPrivateKey(pem.key));
  if (key === undefined)
    return [invalid(`${keyFile} holds no private key in PEM without a password.`)];
  const findings = [
    ...pairFindings(certificate, key, read),
    ...dateFindings(certificate, read),
    ...modeFindings(keyFile, keyMode),
  ];
  if (findings.length > 0) return findings;
  return [ok('certificate', `valid until ${certificate.validToDate.toISOString()}`)];
}

function pairFindings(
  certificate: X509Certificate,
  key: KeyObject,
  { certFile, keyFile }: CertificateReading,
): CheckFinding[] {
  if (certificate.checkPrivateKey(key)) return [];
  return [invalid(`${keyFile} is not the key of ${certFile}.`)];
}

function dateFindings(
  { validFromDate, validToDate }: X509Certificate,
  { certFile, nowMs }: CertificateReading,
): CheckFinding[] {
  const to = validToDate.toISOString();
  const days = Math.floor((validToDate.getTime() - nowMs) / DAY_MS);
  if (validFromDate.getTime() > nowMs) {
    const message = `${certFile} is valid from ${validFromDate.toISOString()} on, by this clock later than now.`;
    const hint = 'see that the clock is right; devices that check dates do not connect before';
    return [failed('certificate', 'TLS_CERTIFICATE_EXPIRED', { message, hint })];
  }
  if (days < 0) {
    const message = `${certFile} expired at ${to}: devices that check dates do not connect.`;
    return [failed('certificate', 'TLS_CERTIFICATE_EXPIRED', message)];
  }
  if (days >= EXPIRES_SOON_DAYS) return [];
  const message = `${certFile} expires in ${days} days, at ${to}.`;
  return [warning('certificate', 'TLS_CERTIFICATE_EXPIRED', message)];
}

function modeFindings(keyFile: string, mode: number): CheckFinding[] {
  if ((mode & OF_ALL) === 0) return [];
  const message = `Everybody on this machine may read ${keyFile}.`;
  const hint = `chmod o= ${keyFile}, and consider the key as read by others`;
  return [warning('certificate', 'KEY_FILE_PERMISSIONS', { message, hint })];
}

const invalid = (message: string): CheckFinding =>
  failed('certificate', 'TLS_CERTIFICATE_INVALID', message);

/** OpenSSL says only that it could not; which file it was is more useful. */
function readPem<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
