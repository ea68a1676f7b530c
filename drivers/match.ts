/**
 * Which driver fits what is plugged in: pure, by fingerprints with scores, and with the evidence for
 * people to judge. Two drivers that fit about as well are ambiguous, and ambiguous means none: a wrong
 * driver writes its bytes to somebody else's device.
 */
import type { Candidate, DriverDefinition, Fingerprint } from './driver.ts';

export interface Fit {
  readonly driver: string;
  /** 1 to 100. */
  readonly score: number;
  readonly evidence: readonly string[];
  /** Options that follow from it, ready for the registry. */
  readonly options: Readonly<Record<string, unknown>>;
}

export type Match =
  | { readonly type: 'match'; readonly fit: Fit; readonly others: readonly Fit[] }
  /** At least two, the best first. */
  | { readonly type: 'ambiguous'; readonly fits: readonly Fit[] }
  | { readonly type: 'none' };

/** Closer than this, the better score is an accident of how two people estimated. */
export const MARGIN = 15;
/** A chip that many makers build in says nothing about what is behind it. */
export const SCORE_MIN = 30;

export function matchCandidate(candidate: Candidate, drivers: readonly DriverDefinition[]): Match {
  return decide(drivers.flatMap((driver) => fitOf(candidate, driver) ?? []));
}

/** The same decision over fits from elsewhere, such as answers to probes. */
export function decide(fits: readonly Fit[]): Match {
  const ranked = fits
    .filter(({ score }) => score >= SCORE_MIN)
    .sort((a, b) => b.score - a.score || a.driver.localeCompare(b.driver));
  const [best, second] = ranked;
  if (best === undefined) return { type: 'none' };
  if (second !== undefined && best.score - second.score < MARGIN) {
    return {
      type: 'ambiguous',
      fits: ranked.filter(({ score }) => best.score - score < MARGIN),
    };
  }
  return { type: 'match', fit: best, others: ranked.slice(1) };
}

/** A sentence for people. */
export function describeMatch(match: Match): string {
  switch (match.type) {
    case 'match':
      return `${match.fit.driver} (${match.fit.evidence.join('; ')})`;
    case 'ambiguous':
      return `ambiguous between ${match.fits.map(({ driver }) => driver).join(' and ')}: name the driver yourself, or probe`;
    case 'none':
      return 'no driver is known for it: name one yourself, or probe';
  }
}

function fitOf(candidate: Candidate, driver: DriverDefinition): Fit | undefined {
  if (!driver.transports.includes(candidate.kind)) return undefined;
  const holding = driver.fingerprints
    .filter((fingerprint) => holds(fingerprint, candidate))
    .sort((a, b) => b.score - a.score);
  const [best] = holding;
  if (best === undefined) return undefined;
  return {
    driver: driver.id,
    score: best.score,
    evidence: holding.map(({ evidence }) => evidence),
    // What the surest says stands over what weaker ones say.
    options: Object.assign({}, ...holding.map(({ options }) => options ?? {}).reverse()) as Record<
      string,
      unknown
    >,
  };
}

function holds(fingerprint: Fingerprint, candidate: Candidate): boolean {
  const { usb } = candidate;
  const equals = (wanted: string | undefined, got: string | undefined): boolean =>
    wanted === undefined || wanted === got;
  const matches = (wanted: RegExp | undefined, got: string | undefined): boolean =>
    wanted === undefined || (got !== undefined && wanted.test(got));
  return (
    equals(fingerprint.kind, candidate.kind) &&
    equals(fingerprint.vendorId, usb?.vendorId) &&
    equals(fingerprint.productId, usb?.productId) &&
    equals(fingerprint.interfaceClass, usb?.interfaceClass) &&
    equals(fingerprint.hidUsage, candidate.hidUsage) &&
    matches(fingerprint.product, usb?.product) &&
    matches(fingerprint.readerName, candidate.readerName)
  );
}
