/** Codes of conflicts; part of ERROR_CODES. */
export const CONFLICT_CODES = {
  CONFLICT_UNKNOWN: {
    means: 'There is no conflict of that id here.',
    fix: 'See `tillgate conflict list`; what the other side found comes with the next connection.',
  },
  CONFLICT_ELSEWHERE: {
    means: 'The conflict is headquarters’ to decide, not this gateway’s.',
    fix: 'Run the same command at headquarters; the store hears of it by its feed.',
  },
  CONFLICT_DECIDED: {
    means: 'Somebody has already said how this conflict ends.',
    fix: 'See it with `tillgate conflict show`; what was said first stands.',
  },
  CONFLICT_OPEN: {
    means: 'Conflicts were found that a person has to settle.',
    fix: 'See `tillgate conflict list`, settle each with the store, and `tillgate conflict resolve` it with a note.',
  },
} as const;
