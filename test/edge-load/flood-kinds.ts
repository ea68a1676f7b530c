/** What one client may do too much of. */
export const FLOODS = ['submissions', 'queries', 'subscribes', 'connects', 'passwords'] as const;
export type Flood = (typeof FLOODS)[number];
