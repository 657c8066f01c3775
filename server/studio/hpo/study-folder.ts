/**
 * Where a study is kept:
 *
 *     DATA/studies/EXPERIMENT/events.jsonl   every event of the study; replayed, it is the study
 *     DATA/studies/EXPERIMENT/trial-N/       checkpoint of a trial that is not over: the next of its trainings goes on from there
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Study, type StudyConfig, type StudyEvent } from '../../search/study.ts';
import { makeFolder } from '../../store/durable.ts';
import { Journal, readJournal } from '../../store/journal.ts';

const EVENTS = 'events.jsonl';
const TRIAL = /^trial-\d+$/;

export class StudyFolder {
  readonly dir: string;

  constructor(studies: string, experimentId: number) {
    this.dir = join(studies, String(experimentId));
  }

  checkpoint(trial: number): string {
    return join(this.dir, `trial-${trial}`);
  }

  /** The study as it is on the disk. */
  async replay(config: StudyConfig): Promise<Study> {
    const events: StudyEvent[] = [];
    for await (const event of readJournal<StudyEvent>(join(this.dir, EVENTS))) events.push(event);
    return Study.replay(config, events);
  }

  /** To go on writing. */
  async open(): Promise<Journal<StudyEvent>> {
    await makeFolder(this.dir);
    return Journal.open<StudyEvent>(join(this.dir, EVENTS));
  }

  async dropCheckpoint(trial: number): Promise<void> {
    await rm(this.checkpoint(trial), { recursive: true, force: true });
  }

  async dropCheckpoints(): Promise<void> {
    for (const name of await readdir(this.dir).catch(() => [])) if (TRIAL.test(name)) await rm(join(this.dir, name), { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
