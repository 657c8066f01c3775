import { constants, setPriority } from 'node:os';

/** For a child of the daemon that somebody waits for: behind the daemon, before a training, which has all the time in the world. */
export function stayBehindTheDaemon(): void {
  try {
    setPriority(process.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The system does not allow it: it works all the same.
  }
}
