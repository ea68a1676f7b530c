/** What systemd says of the service's unit, out of `systemctl show`. */
export interface UnitFacts {
  /** `enabled`, `disabled`, `static`, `masked` …; empty for a unit that has no file. */
  fileState: string;
  /** `active`, `inactive`, `failed`, `activating` … */
  activeState: string;
  /** How often it was started again by itself. */
  restarts: number;
  /** `success`, `exit-code`, `watchdog`, `oom-kill` … */
  result: string;
  exitStatus: number;
  user: string;
  /** Null for none. */
  memoryMaxBytes: number | null;
  openFilesMax: number | null;
}

export const UNIT_PROPERTIES = [
  ...['LoadState', 'UnitFileState', 'ActiveState', 'NRestarts', 'Result', 'ExecMainStatus'],
  ...['User', 'MemoryMax', 'LimitNOFILE'],
] as const;

/** Undefined where there is no such unit. */
export function parseUnit(text: string): UnitFacts | undefined {
  const values = new Map(
    text.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  const said = (name: string): string => values.get(name) ?? '';
  if (said('LoadState') !== 'loaded' && said('LoadState') !== 'masked') return undefined;
  return {
    fileState: said('UnitFileState'),
    activeState: said('ActiveState'),
    restarts: Number(said('NRestarts')) || 0,
    result: said('Result'),
    exitStatus: Number(said('ExecMainStatus')) || 0,
    user: said('User'),
    memoryMaxBytes: wholeOrNull(said('MemoryMax')),
    openFilesMax: wholeOrNull(said('LimitNOFILE')),
  };
}

/** `infinity` and what is missing are no limit. */
const wholeOrNull = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);
