/** A run time that goes on between the daemon's messages, by the browser's own clock: the two clocks need not agree. */
export interface Clock {
  /** When the daemon's figure came, by the browser's clock. */
  at: number;
  seconds: number;
  ticking: boolean;
}

export function runSeconds(clock: Clock, now: number): number {
  return clock.seconds + (clock.ticking ? Math.max(0, now - clock.at) / 1000 : 0);
}
