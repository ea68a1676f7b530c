/**
 * Time as an input. Wall time may jump either way and is only ever recorded; waits and orders are
 * measured with the monotonic reading.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z as the machine believes them to be. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never goes back while the machine runs. */
  monotonicMs(): number;
}
