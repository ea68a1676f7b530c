/**
 * The way to do something later, as an argument: timers belong to the shell that starts a process,
 * and a simulation brings its own. A delay of zero (or less) means after whatever already waits in
 * the event loop; callbacks of equal time run in the order they were scheduled.
 */

/** Calls back after `delayMs`; returns the way to call it off. */
export type Schedule = (callback: () => void, delayMs: number) => () => void;

/** The event loop's own timers. */
export const systemSchedule: Schedule = (callback, delayMs) => {
  if (delayMs <= 0) {
    const immediate = setImmediate(callback);
    return () => {
      clearImmediate(immediate);
    };
  }
  const timer = setTimeout(callback, delayMs);
  return () => {
    clearTimeout(timer);
  };
};

/** Resolves after `delayMs`. */
export function passing(schedule: Schedule, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    schedule(resolve, delayMs);
  });
}
