/** What the simulated disk throws. */

/** By a disk without power; nobody may handle it. */
export class PowerCut extends Error {
  constructor() {
    super('the simulated machine has no power');
  }
}

/** As the system's own errors look. */
export function systemError(errno: string, path: string): Error {
  return Object.assign(new Error(`${errno}: simulated, '${path}'`), { code: errno, path });
}
