/**
 * What the two kinds of drawers have in common: a way to open it, and perhaps a level that tells
 * something of whether it is open. Which level means open depends on the wiring of each drawer.
 */
import type { SessionInput } from '../session-machine.ts';

export type Level = 'high' | 'low';

export interface DrawerLine {
  /** Opens the drawer. */
  readonly kick: Uint8Array;
  /** Asks for the level, where it does not come by itself. */
  readonly ask: Uint8Array | undefined;
  /** How often to ask; undefined where changes are told. */
  readonly askEveryMs: number | undefined;
  /** Is there a level at all? */
  readonly hasLevel: boolean;
  /** The newest level in what came in. */
  readLevel(input: Extract<SessionInput, { type: 'data' | 'lines' }>): Level | undefined;
}
