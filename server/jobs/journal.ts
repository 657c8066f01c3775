/** JOBDIR/events.jsonl: what has happened in a job, an event a line, numbered from 1, each on the disk before anybody hears of it. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { JobEvent } from './protocol.ts';

type Unnumbered<Event> = Event extends JobEvent ? Omit<Event, 'seq' | 'at'> : never;
export type NewEvent = Unnumbered<JobEvent>;

/**
 * The journal is written from two threads: by the job, and by the watchdog where the job's thread is stuck in a native call. Both go through this
 * shared cell: [0] who writes now (0 nobody, 1 the job, 2 the watchdog, which never gives it back), [1] the last number given.
 */
export type JournalCell = Int32Array<SharedArrayBuffer>;
export const FREE = 0;
export const JOB = 1;
export const WATCHDOG = 2;

export class Journal {
  readonly cell: JournalCell = new Int32Array(new SharedArrayBuffer(8));
  readonly path: string;
  /** The events that were there when it was opened. */
  readonly before: readonly JobEvent[];
  readonly #file: number;

  /** Opens or makes the journal. A last line that a power cut tore is cut off. Throws where an earlier line is not an event. */
  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'a+');
    const text = readFileSync(this.#file);
    const whole = text.lastIndexOf(0x0a) + 1;
    if (whole < fstatSync(this.#file).size) {
      ftruncateSync(this.#file, whole);
      fsyncSync(this.#file);
    }
    this.before = text
      .subarray(0, whole)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as JobEvent);
    Atomics.store(this.cell, 1, this.before.at(-1)?.seq ?? 0);
  }

  /** Numbers the event and makes it durable. */
  append(event: NewEvent): JobEvent {
    return append(this.#file, this.cell, JOB, event);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Also the watchdog's way in, with a descriptor of its own. Waits until the other writer has finished its line. */
export function append(file: number, cell: JournalCell, writer: typeof JOB | typeof WATCHDOG, event: NewEvent): JobEvent {
  for (;;) {
    const holder = Atomics.compareExchange(cell, 0, FREE, writer);
    if (holder === FREE || holder === writer) break;
    Atomics.wait(cell, 0, holder, 1000);
  }
  const numbered = { seq: Atomics.add(cell, 1, 1) + 1, at: new Date().toISOString(), ...event } as JobEvent;
  writeSync(file, `${JSON.stringify(numbered)}\n`);
  fsyncSync(file);
  if (writer === JOB) {
    Atomics.store(cell, 0, FREE);
    Atomics.notify(cell, 0);
  }
  return numbered;
}
