/** A task as it is stored, and how its pictures are divided. The labels themselves lie in its folder: see task-labels.ts. */
import { StudioError } from '../../errors.ts';
import type { AnnotationStatus, PartStatus } from '../../http/annotation-schemas.ts';
import type { Failure, ModelKind } from '../../http/schemas.ts';

export interface StoredTask {
  id: number;
  datasetId: number;
  projectId: number;
  model: ModelKind;
  status: AnnotationStatus;
  /** Pictures. */
  count: number;
  reviewerId: number;
  parts: StoredPart[];
  lastPart: number;
  classes: StoredClass[];
  lastClass: number;
  classesRevision: number;
  /** Of Complete. */
  jobId: number | null;
  failure: Failure | null;
  /** The revision that its labels are to become, once it was chosen. */
  labelRevision: number | null;
  autoEvery: number | null;
  autoJobId: number | null;
  /** How many were labelled when the Default model learned last. */
  autoLabelled: number;
  /** Counts of each part when the task was completed. */
  final: { [part: number]: PartCounts } | null;
  createdAt: string;
  updatedAt: string | null;
  completedAt: string | null;
}

export interface StoredPart {
  id: number;
  /** null: the pool of the kiosk stations. */
  userId: number | null;
  status: PartStatus;
  comment: string;
  /** Its pictures: from (with), to (without), from, to, … ascending. */
  runs: number[];
}

export interface StoredClass {
  id: number;
  name: string;
  colour: string;
  hotKey: string | null;
  /** Kept so that its shapes are known to have moved or gone; its id is not given again. */
  deleted?: { moveTo: number | null };
}

export interface PartCounts {
  count: number;
  done: number;
  deleted: number;
  returned: number;
  fixed: number;
  accepted: number;
  /** Not done, or returned: what somebody still has to do. */
  open: number;
}

export const noCounts = (): PartCounts => ({ count: 0, done: 0, deleted: 0, returned: 0, fixed: 0, accepted: 0, open: 0 });

/** Can its pictures be edited? */
export const isOpenPart = (status: StoredPart['status']) => status === 'working' || status === 'returned';

/** Throws annotation_not_finished or annotation_returned_left. */
export function checkFinished({ count, done, deleted, returned }: PartCounts): void {
  const left = count - done - deleted;
  if (left > 0) throw new StudioError('annotation_not_finished', { count: left });
  if (returned > 0) throw new StudioError('annotation_returned_left', { count: returned });
}

/** Throws not_found. */
export function partOfTask(task: Readonly<StoredTask>, partId: number): Readonly<StoredPart> {
  const part = task.parts.find(({ id }) => id === partId);
  if (part === undefined) throw new StudioError('not_found');
  return part;
}

/** Ascending numbers as runs. */
export function runsOfNumbers(numbers: readonly number[]): number[] {
  const runs: number[] = [];
  for (const n of numbers) {
    if (runs.length > 0 && runs.at(-1) === n) runs[runs.length - 1] = n + 1;
    else runs.push(n, n + 1);
  }
  return runs;
}

export function numbersOfRuns(runs: readonly number[]): number[] {
  const numbers: number[] = [];
  for (let i = 0; i + 1 < runs.length; i += 2) for (let n = runs[i]!; n < runs[i + 1]!; n++) numbers.push(n);
  return numbers;
}

export function countOfRuns(runs: readonly number[]): number {
  let count = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) count += runs[i + 1]! - runs[i]!;
  return count;
}

/** In their order, as evenly as can be: the first ones get one more where it does not come out even. Nobody gets an empty share of what is there. */
export function divide(numbers: readonly number[], people: number): number[][] {
  const least = Math.floor(numbers.length / people);
  const more = numbers.length % people;
  let from = 0;
  return Array.from({ length: people }, (_, i) => {
    const share = numbers.slice(from, from + least + (i < more ? 1 : 0));
    from += share.length;
    return share;
  }).filter((share) => share.length > 0);
}

/** Gives the numbers to people (null: the pool of the stations): into the part that they have, opened again, or into a new one. */
export function deal(task: Readonly<StoredTask>, numbers: readonly number[], people: readonly (number | null)[]): Pick<StoredTask, 'parts' | 'lastPart'> {
  let { lastPart } = task;
  const parts = task.parts.map((part) => ({ ...part }));
  for (const [i, share] of divide(numbers, people.length).entries()) {
    const userId = people[i]!;
    const own = parts.find((part) => part.userId === userId);
    if (own === undefined) {
      lastPart += 1;
      parts.push({ id: lastPart, userId, status: 'working', comment: '', runs: runsOfNumbers(share) });
    } else {
      own.runs = runsOfNumbers([...numbersOfRuns(own.runs), ...share].sort((a, b) => a - b));
      if (own.status === 'done' || own.status === 'accepted') own.status = 'working';
    }
  }
  return { parts, lastPart };
}

/** Takes pictures away from a part; a part without pictures goes. */
export function takeFrom(parts: readonly StoredPart[], partId: number, numbers: readonly number[]): StoredPart[] {
  const gone = new Set(numbers);
  return parts
    .map((part) => (part.id === partId ? { ...part, runs: runsOfNumbers(numbersOfRuns(part.runs).filter((n) => !gone.has(n))) } : part))
    .filter(({ runs }) => runs.length > 0);
}
