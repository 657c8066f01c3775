/**
 * The labels of one task while it is worked on:
 *
 *     DATA/annotation/TASK/pictures/    a NumberedLog: the newest state of each picture that was ever saved
 *     DATA/annotation/TASK/proposals/   a NumberedLog: what a model proposes, apart from what people have said
 *     DATA/annotation/TASK/summary.json the counts when it was closed, so that lists need not open it
 *
 * What lists and indexes show is counted in memory, so that it costs nothing to tell.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { amendPicture, type PictureAmendment, type PictureLine } from '../../store/annotated-pictures.ts';
import { writeDurably } from '../../store/durable.ts';
import { type Next, NumberedLog, newestLog } from '../../store/numbered-log.ts';
import { resolveClass } from './classes.ts';
import { noCounts, type PartCounts, type StoredTask } from './task.ts';

export const STATES = ['todo', 'done', 'delete'] as const;
export const REVIEWS = ['none', 'returned', 'fixed', 'accepted'] as const;

export interface PictureHead {
  revision: number;
  state: PictureLine['state'];
  review: PictureLine['review'];
  label?: number;
  /** Class, how many shapes of it, class, … */
  shapes?: number[];
  at: string;
}

/** A line of the proposals' log. `label` null: taken back. */
export interface ProposalLine {
  n: number;
  label: number | null;
  score: number;
  uncertainty: number;
  model: string;
}

export interface ProposalHead {
  label: number | null;
  score: number;
  uncertainty: number;
}

/** What lists need of a task that is not open. */
export interface TaskSummary {
  counts: { [part: number]: PartCounts };
  lastSaved: string | null;
}

/** `of`: the state of the record and of the log that it was counted from. */
interface StoredSummary extends TaskSummary {
  of: string;
}

const SUMMARY = 'summary.json';
/** The number rises when other things are counted. */
const stampOf = (task: Pick<StoredTask, 'updatedAt'>, log: string) => `2 ${task.updatedAt} ${log}`;

/** null: there is none, or something was saved since. */
export async function readSummary(dir: string, task: Pick<StoredTask, 'updatedAt'>): Promise<TaskSummary | null> {
  try {
    const { of, ...summary } = JSON.parse(await readFile(join(dir, SUMMARY), 'utf8')) as StoredSummary;
    return of === stampOf(task, await newestLog(join(dir, 'pictures'))) ? summary : null;
  } catch {
    return null;
  }
}

function pictureHead({ revision, state, review, label, shapes, at }: PictureLine): PictureHead {
  const counts = new Map<number, number>();
  for (const shape of shapes ?? []) counts.set(shape.label, (counts.get(shape.label) ?? 0) + 1);
  return { revision, state, review, ...(label === undefined ? {} : { label }), ...(counts.size === 0 ? {} : { shapes: [...counts].flat() }), at };
}

/** What a picture is now, deleted classes considered. */
export interface Standing {
  state: PictureLine['state'];
  review: PictureLine['review'];
  label: number | null;
}

const UNTOUCHED: Standing = { state: 'todo', review: 'none', label: null };

/** The review of a picture that is in `state` now: what is not done cannot be accepted, nor fixed. */
export function reviewIn(state: PictureLine['state'], review: PictureLine['review']): PictureLine['review'] {
  if (state !== 'todo') return review;
  return review === 'accepted' ? 'none' : review === 'fixed' ? 'returned' : review;
}

/** Somebody still has to do it. */
const isOpen = ({ state, review }: Standing) => state === 'todo' || review === 'returned';

export class TaskLabels {
  readonly pictures: NumberedLog<PictureLine, PictureHead, PictureAmendment>;
  readonly proposals: NumberedLog<ProposalLine, ProposalHead>;
  /** Width, height, width, … of the pictures, pixels. */
  readonly sizes: Uint16Array;
  /** Part of each picture. */
  readonly parts: Uint16Array;
  /** When a picture was saved last. */
  lastSaved: string | null = null;
  readonly #dir: string;
  readonly #count: number;
  /** Saves wait until it is over. */
  #gate: Promise<void> | null = null;
  /** Class by the id of one that its shapes have or had; null: deleted with its shapes. */
  #classes = new Map<number, number | null>();
  #counts = new Map<number, PartCounts>();
  #uses = new Map<number, number>();
  #openProposals = 0;

  private constructor(dir: string, count: number, sizes: Uint16Array, logs: Pick<TaskLabels, 'pictures' | 'proposals'>) {
    this.#dir = dir;
    this.#count = count;
    this.pictures = logs.pictures;
    this.proposals = logs.proposals;
    this.sizes = sizes;
    this.parts = new Uint16Array(count);
  }

  /** `sizes` as in TaskLabels. Throws DamagedFileError. */
  static async open(dir: string, task: Readonly<StoredTask>, sizes: Uint16Array): Promise<TaskLabels> {
    let labels: TaskLabels | undefined;
    const pictures = await NumberedLog.open<PictureLine, PictureHead, PictureAmendment>(join(dir, 'pictures'), pictureHead, {
      amend: amendPicture,
      changed: (n, before, after) => {
        if (labels !== undefined) labels.#pictureChanged(n, before, after);
      },
    });
    try {
      const head = ({ label, score, uncertainty }: ProposalLine): ProposalHead => ({ label, score, uncertainty });
      const proposals = await NumberedLog.open<ProposalLine, ProposalHead>(join(dir, 'proposals'), head, {
        changed: (n, before, after) => {
          if (labels !== undefined) labels.#proposalChanged(n, before, after);
        },
      });
      labels = new TaskLabels(dir, task.count, sizes, { pictures, proposals });
      for (const [, { at }] of pictures.heads()) if (labels.lastSaved === null || at > labels.lastSaved) labels.lastSaved = at;
      labels.recount(task);
      return labels;
    } catch (error) {
      await pictures.close();
      throw error;
    }
  }

  /** `task`: its record, where it is still there. That of a completed task has the counts itself. */
  async close(task: Readonly<StoredTask> | undefined): Promise<void> {
    await Promise.all([this.pictures.close(), this.proposals.close()]);
    if (task === undefined || task.final !== null) return;
    const of = stampOf(task, await newestLog(join(this.#dir, 'pictures')));
    const summary: StoredSummary = { of, counts: Object.fromEntries(this.#counts), lastSaved: this.lastSaved };
    await writeDurably(join(this.#dir, SUMMARY), JSON.stringify(summary));
  }

  // ---------------------------------------------------------------- changing

  /** Changes a picture, as NumberedLog.update; waits while somebody works exclusively. */
  async update(n: number, change: (head: PictureHead | undefined) => Next<PictureLine, PictureAmendment> | Promise<Next<PictureLine, PictureAmendment>>) {
    while (this.#gate !== null) await this.#gate;
    return this.pictures.update(n, change);
  }

  /**
   * For what changes whose the pictures are, or what may be done with them: saves that are under way have ended before `work` begins, and later ones are looked
   * at when it is over. So none is acknowledged that was checked against a state which is not true any more.
   */
  async exclusively<R>(work: () => Promise<R>): Promise<R> {
    while (this.#gate !== null) await this.#gate;
    let open = () => {};
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    try {
      await this.pictures.quiet();
      return await work();
    } finally {
      this.#gate = null;
      open();
    }
  }

  sizeOf(n: number): { width: number; height: number } {
    return { width: this.sizes[2 * n]!, height: this.sizes[2 * n + 1]! };
  }

  standing(n: number): Standing {
    return this.#standingOf(this.pictures.head(n));
  }

  #standingOf(head: PictureHead | undefined): Standing {
    if (head === undefined) return UNTOUCHED;
    const label = head.label === undefined ? null : this.#classOf(head.label);
    const state = head.state === 'done' && this.#hasLostAll(head) ? 'todo' : head.state;
    return { state, review: reviewIn(state, head.review), label };
  }

  /** All that it was labelled with was deleted with its class: it has to be done again. That there was nothing to mark is another thing. */
  #hasLostAll({ label, shapes }: PictureHead): boolean {
    if (label !== undefined) return this.#classOf(label) === null;
    if (shapes === undefined) return false;
    for (let i = 0; i < shapes.length; i += 2) if (this.#classOf(shapes[i]!) !== null) return false;
    return true;
  }

  /** Not done, or returned. */
  isOpen(n: number): boolean {
    return isOpen(this.standing(n));
  }

  /** The classes that the pictures are labelled with for which `test` holds. */
  classesWhere(test: (n: number) => boolean): Set<number> {
    const given = new Set<number>();
    for (const [n, { label, shapes }] of this.pictures.heads()) {
      if ((label === undefined && shapes === undefined) || !test(n)) continue;
      if (label !== undefined) given.add(label);
      for (let i = 0; i < (shapes?.length ?? 0); i += 2) given.add(shapes![i]!);
    }
    return new Set([...given].flatMap((id) => this.#classOf(id) ?? []));
  }

  /** What is proposed for a picture, where it is of use: the picture is not done and the class is there. */
  proposal(n: number): ProposalHead | null {
    const proposed = this.proposals.head(n);
    if (proposed === undefined || !this.#isOpen(proposed, this.pictures.head(n))) return null;
    return { ...proposed, label: this.#classOf(proposed.label!) };
  }

  #isOpen(proposed: ProposalHead | undefined, head: PictureHead | undefined): boolean {
    if (proposed === undefined || proposed.label === null) return false;
    return this.#standingOf(head).state === 'todo' && this.#classOf(proposed.label) !== null;
  }

  #classOf(id: number): number | null {
    return this.#classes.get(id) ?? null;
  }

  // ---------------------------------------------------------------- counts

  get openProposals(): number {
    return this.#openProposals;
  }

  countsOf(part: number): PartCounts {
    return this.#counts.get(part) ?? noCounts();
  }

  /** Pictures or shapes of a class. */
  usesOf(classId: number): number {
    return this.#uses.get(classId) ?? 0;
  }

  /** After its parts or classes have changed. */
  recount(task: Pick<StoredTask, 'classes' | 'parts'>): void {
    this.#classes = new Map(task.classes.map(({ id }) => [id, resolveClass(task, id)]));
    this.#counts = new Map();
    this.#uses = new Map();
    this.#openProposals = 0;
    for (const { id, runs } of task.parts) for (let i = 0; i < runs.length; i += 2) this.parts.fill(id, runs[i], runs[i + 1]);
    for (let n = 0; n < this.#count; n++) {
      const part = this.parts[n]!;
      let counts = this.#counts.get(part);
      if (counts === undefined) {
        counts = noCounts();
        this.#counts.set(part, counts);
      }
      counts.count += 1;
      counts.open += 1;
      this.#add(n, this.pictures.head(n), 1);
      if (this.proposal(n) !== null) this.#openProposals += 1;
    }
  }

  #add(n: number, head: PictureHead | undefined, sign: 1 | -1): void {
    const counts = this.#counts.get(this.parts[n]!);
    if (head === undefined || counts === undefined) return;
    const standing = this.#standingOf(head);
    const { state, review, label } = standing;
    if (!isOpen(standing)) counts.open -= sign;
    if (state === 'done') counts.done += sign;
    if (state === 'delete') counts.deleted += sign;
    if (review !== 'none') counts[review] += sign;
    if (label !== null) this.#uses.set(label, (this.#uses.get(label) ?? 0) + sign);
    for (let i = 0; i < (head.shapes?.length ?? 0); i += 2) {
      const of = this.#classOf(head.shapes![i]!);
      if (of !== null) this.#uses.set(of, (this.#uses.get(of) ?? 0) + sign * head.shapes![i + 1]!);
    }
  }

  #pictureChanged(n: number, before: PictureHead | undefined, after: PictureHead): void {
    this.#add(n, before, -1);
    this.#add(n, after, 1);
    const proposed = this.proposals.head(n);
    this.#openProposals += Number(this.#isOpen(proposed, after)) - Number(this.#isOpen(proposed, before));
    if (this.lastSaved === null || after.at > this.lastSaved) this.lastSaved = after.at;
  }

  #proposalChanged(n: number, before: ProposalHead | undefined, after: ProposalHead): void {
    const head = this.pictures.head(n);
    this.#openProposals += Number(this.#isOpen(after, head)) - Number(this.#isOpen(before, head));
  }
}
