/** JOBDIR/events.jsonl for the daemon: it reads it at any time, and writes what the worker could not tell while none is at the folder. */
import { join } from 'node:path';
import type { JobEvent } from '../http/schemas.ts';
import type { NewEvent } from '../jobs/journal.ts';
import { Journal, readJournal } from '../store/journal.ts';
import type { JobVerdict } from './jobs.ts';

const file = (dir: string) => join(dir, 'events.jsonl');

/** Throws DamagedFileError on its way. */
export const readEvents = (dir: string): AsyncGenerator<JobEvent> => readJournal<JobEvent>(file(dir));

/** How the job ended; null where that has not been told. Throws DamagedFileError. */
export async function endIn(dir: string): Promise<JobVerdict | null> {
  let end: JobVerdict | null = null;
  for await (const event of readEvents(dir)) if (event.type === 'end') end = { state: event.state, failure: event.failure };
  return end;
}

/** Numbers an event and makes it durable; null where the job's end was told before, behind which nothing comes. Throws DamagedFileError. */
export async function addEvent(dir: string, event: NewEvent): Promise<JobEvent | null> {
  let seq = 0;
  for await (const before of readEvents(dir)) {
    if (before.type === 'end') return null;
    seq = before.seq;
  }
  const numbered = { seq: seq + 1, at: new Date().toISOString(), ...event } as JobEvent;
  const journal = await Journal.open<JobEvent>(file(dir));
  try {
    await journal.append(numbered);
  } finally {
    await journal.close();
  }
  return numbered;
}
