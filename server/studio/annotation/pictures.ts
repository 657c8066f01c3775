/**
 * The pictures of a task: read, saved, labelled by the hundred, reviewed. A save names the revision that it has changed; where somebody else was faster it
 * is refused with what there is now, so nothing is overwritten unseen. A save that is sent again (the answer was lost) is recognised by its id.
 */
import { type ErrorCode, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type {
  AnnotatedPicture,
  AnnotationIndex,
  AnnotationMessage,
  AnnotationPage,
  AnnotationQuery,
  AnnotationRow,
  AnnotationShape,
  LabelledMany,
  LabelMany,
  PictureSave,
  PictureSaved,
  ProposalChoice,
  Review,
} from '../../http/annotation-schemas.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { PictureSets } from '../datasets/open-sets.ts';
import type { StoredUser, Users } from '../people/users.ts';
import { missing, resolveClass } from './classes.ts';
import type { Presences } from './presence.ts';
import { admitShapes, resolveShapes } from './shapes.ts';
import type { StoredPart, StoredTask } from './task.ts';
import { type PictureHead, type PictureLine, REVIEWS, STATES, type TaskLabels } from './task-labels.ts';
import { type AnnotationTasks, isOpenPart } from './tasks.ts';

/** Somebody else has saved meanwhile. */
export class OutdatedError extends StudioError {
  readonly current: AnnotatedPicture;

  constructor(current: AnnotatedPicture) {
    super('annotation_outdated', { by: current.by ?? '' });
    this.current = current;
  }
}

export interface PictureServices {
  tasks: AnnotationTasks;
  datasets: Datasets;
  pictures: PictureSets;
  users: Users;
  presences: Presences;
  events: EventBus;
  /** A picture was labelled. */
  labelled(taskId: number): void;
}

/** Changes between two turns of the event loop. */
const SLICE = 500;

/** Whoever saves: somebody at a screen, or a person at a kiosk, who has leased the picture. */
export interface Saver {
  reader: StoredUser;
  kiosk: boolean;
}

export class AnnotatedPictures {
  readonly #services: PictureServices;

  constructor(services: PictureServices) {
    this.#services = services;
  }

  // ---------------------------------------------------------------- who may do what

  /** Why a picture cannot be saved; null where it can. */
  lock({ reader, kiosk }: Saver, task: Readonly<StoredTask>, part: Readonly<StoredPart> | undefined, head: PictureHead | undefined): ErrorCode | null {
    if (task.status !== 'working') return 'annotation_completed';
    if (task.reviewerId === reader.id && !kiosk) return null;
    const own = part?.userId === reader.id || (kiosk && part?.userId === null);
    if (part === undefined || !own) return 'annotation_not_yours';
    if (!isOpenPart(part.status)) return 'annotation_part_done';
    return head?.review === 'accepted' ? 'annotation_picture_accepted' : null;
  }

  async #open(reader: StoredUser, taskId: number, n: number): Promise<{ task: Readonly<StoredTask>; labels: TaskLabels }> {
    const task = this.#services.tasks.visible(reader, taskId);
    if (n >= task.count) throw new StudioError('not_found');
    return { task, labels: await this.#services.tasks.labels(taskId) };
  }

  // ---------------------------------------------------------------- looking

  async picture(reader: StoredUser, taskId: number, n: number): Promise<AnnotatedPicture> {
    const { task, labels } = await this.#open(reader, taskId, n);
    const { datasets, pictures, users, presences } = this.#services;
    const { items } = await pictures.get(datasets.folder(task.datasetId));
    const line = await labels.pictures.read(n);
    const part = partOf(task, labels, n);
    const standing = labels.standing(n);
    const proposed = labels.proposal(n);
    return {
      n,
      name: items[n]?.name ?? '',
      ...labels.sizeOf(n),
      revision: line?.revision ?? 0,
      state: standing.state,
      review: standing.review,
      comment: line?.comment ?? '',
      label: standing.label,
      shapes: resolveShapes(task, line?.shapes ?? []),
      partId: part?.id ?? 1,
      lockedBy: this.lock({ reader, kiosk: false }, task, part, labels.pictures.head(n)),
      by: line === undefined ? null : users.nameOf(line.by),
      at: line?.at ?? null,
      proposal: proposed === null ? null : { ...proposed, shapes: [], model: (await labels.proposals.read(n))?.model ?? '' },
      openBy: presences.others(taskId, n, reader.id),
    };
  }

  async image(reader: StoredUser, taskId: number, n: number, small: boolean): Promise<{ data: Buffer; mime: string }> {
    const task = this.#services.tasks.visible(reader, taskId);
    return this.#services.pictures.picture(this.#services.datasets.folder(task.datasetId), n, small);
  }

  async index(reader: StoredUser, taskId: number): Promise<AnnotationIndex> {
    const { task, labels } = await this.#open(reader, taskId, 0);
    const { count } = task;
    const states = new Uint8Array(count);
    const classes = new Uint16Array(count);
    const scores = new Uint8Array(count);
    const uncertainties = new Uint8Array(count);
    let proposals = 0;
    for (let n = 0; n < count; n++) {
      const { state, review, label } = labels.standing(n);
      const proposal = labels.proposal(n);
      states[n] = STATES.indexOf(state) | (REVIEWS.indexOf(review) << 2) | (proposal === null ? 0 : 16);
      classes[n] = label ?? 0;
      const judged = labels.proposals.head(n);
      if (judged === undefined) continue;
      proposals += 1;
      scores[n] = Math.round(255 * judged.score);
      uncertainties[n] = Math.round(255 * judged.uncertainty);
    }
    return {
      count,
      states: base64(states),
      parts: base64(labels.parts),
      labels: task.model === 'classification' ? base64(classes) : null,
      scores: proposals === 0 ? null : base64(scores),
      uncertainties: proposals === 0 ? null : base64(uncertainties),
    };
  }

  async page(reader: StoredUser, taskId: number, query: AnnotationQuery): Promise<AnnotationPage> {
    const { task, labels } = await this.#open(reader, taskId, 0);
    const { items } = await this.#services.pictures.get(this.#services.datasets.folder(task.datasetId));
    const search = query.search?.trim().toLowerCase() ?? '';
    const found: number[] = [];
    for (let n = 0; n < task.count; n++) {
      const { state, review, label } = labels.standing(n);
      if (query.state !== undefined && state !== query.state) continue;
      if (query.review !== undefined && review !== query.review) continue;
      if (query.part !== undefined && labels.parts[n] !== query.part) continue;
      if (query.label !== undefined && (label ?? 0) !== query.label) continue;
      if (query.score !== undefined && (labels.proposal(n)?.score ?? -1) < query.score) continue;
      if (search !== '' && items[n]?.name.toLowerCase().includes(search) !== true) continue;
      found.push(n);
    }
    if (query.order === 'uncertainty') {
      const key = new Map(found.map((n) => [n, labels.proposals.head(n)?.uncertainty ?? -1]));
      found.sort((a, b) => key.get(b)! - key.get(a)! || a - b);
    }
    const rows = found.slice(query.offset, query.offset + query.limit).map((n): AnnotationRow => {
      const { state, review, label } = labels.standing(n);
      const revision = labels.pictures.head(n)?.revision ?? 0;
      return { n, name: items[n]?.name ?? '', ...labels.sizeOf(n), partId: labels.parts[n]!, revision, state, review, label, proposal: labels.proposal(n) };
    });
    return { total: found.length, rows };
  }

  // ---------------------------------------------------------------- saving

  /**
   * Resolves when it is on the disk. Throws OutdatedError, what lock() tells, annotation_class_deleted, annotation_unlabelled and what admitShapes throws.
   */
  async save(saver: Saver, taskId: number, n: number, request: PictureSave): Promise<PictureSaved> {
    const { labels } = await this.#open(saver.reader, taskId, n);
    let outdated = false;
    let kept: AnnotationShape[] | null = null;
    const line = await labels.pictures.update(n, async (head) => {
      outdated = false;
      const before = head?.revision ?? 0;
      if (request.base !== before) {
        const last = request.saveId === undefined || before !== request.base + 1 ? undefined : await labels.pictures.read(n);
        outdated = last?.saveId === undefined || last.saveId !== request.saveId;
        return null;
      }
      const task = this.#task(taskId);
      this.#checkLock(saver, task, labels, n, head);
      const admitted = await this.#admit(task, labels, n, request);
      kept = admitted.changed ? admitted.shapes : null;
      const shapes = task.model === 'classification' ? undefined : (admitted.shapes ?? (await labels.pictures.read(n))?.shapes ?? []);
      const label = request.label === undefined ? head?.label : (request.label ?? undefined);
      return this.#line(saver, task, n, head, {
        state: request.state,
        ...(label === undefined || task.model !== 'classification' ? {} : { label }),
        ...(shapes === undefined ? {} : { shapes }),
        ...(request.saveId === undefined ? {} : { saveId: request.saveId }),
        comment: head?.review === 'returned' || head?.review === 'fixed' ? ((await labels.pictures.read(n))?.comment ?? '') : '',
      });
    });
    if (outdated) throw new OutdatedError(await this.picture(saver.reader, taskId, n));
    const { revision, state, review } = line ?? (await labels.pictures.read(n))!;
    if (line !== null) this.#saved(taskId, labels, line, saver.reader, request.saveId);
    return { n, revision, state, review, shapes: kept };
  }

  #task(taskId: number): Readonly<StoredTask> {
    const task = this.#services.tasks.get(taskId);
    if (task === undefined) throw new StudioError('not_found');
    return task;
  }

  #checkLock(saver: Saver, task: Readonly<StoredTask>, labels: TaskLabels, n: number, head: PictureHead | undefined): void {
    const locked = this.lock(saver, task, partOf(task, labels, n), head);
    if (locked !== null) throw new StudioError(locked, { name: this.#services.users.nameOf(task.reviewerId) });
  }

  async #admit(
    task: Readonly<StoredTask>,
    labels: TaskLabels,
    n: number,
    { state, label, shapes }: PictureSave,
  ): Promise<{ shapes: AnnotationShape[] | null; changed: boolean }> {
    const finished = state === 'done';
    if (task.model === 'classification') {
      if (label != null && task.classes.find(({ id }) => id === label)?.deleted !== undefined) missing(task, label);
      if (label != null && resolveClass(task, label) === null) missing(task, label);
      const now = label === undefined ? labels.standing(n).label : label;
      if (finished && now === null) throw new StudioError('annotation_unlabelled');
      return { shapes: null, changed: false };
    }
    if (shapes === undefined) return { shapes: null, changed: false };
    return admitShapes(task, shapes, { ...labels.sizeOf(n), finished });
  }

  #line(
    { reader, kiosk }: Saver,
    task: Readonly<StoredTask>,
    n: number,
    head: PictureHead | undefined,
    now: Pick<PictureLine, 'state' | 'label' | 'shapes' | 'saveId' | 'comment'>,
  ): PictureLine {
    const before = head?.review ?? 'none';
    const answered = (before === 'returned' || before === 'fixed') && now.state !== 'todo';
    const reviews = task.reviewerId === reader.id && !kiosk;
    const review = answered ? (reviews ? 'accepted' : 'fixed') : undone(before, now.state);
    const { comment, ...rest } = now;
    return {
      n,
      revision: (head?.revision ?? 0) + 1,
      ...rest,
      review,
      ...(comment ? { comment } : {}),
      by: reader.id,
      at: new Date().toISOString(),
    };
  }

  #saved(taskId: number, labels: TaskLabels, { n, revision }: PictureLine, reader: StoredUser, saveId?: string): void {
    const { state, review, label } = labels.standing(n);
    const message: AnnotationMessage = {
      ...{ taskId, type: 'picture', n, revision, state, review, label, partId: labels.parts[n]!, by: reader.userId },
      ...(saveId === undefined ? {} : { saveId }),
    };
    this.#services.events.emit('annotation', message);
    this.#services.tasks.changed(taskId);
    if (state === 'done') this.#services.labelled(taskId);
  }

  // ---------------------------------------------------------------- many at once

  /** One class or state for many pictures; what somebody else has changed is told apart. */
  async labelMany(reader: StoredUser, taskId: number, { pictures, state, label }: LabelMany): Promise<LabelledMany> {
    return this.#many(
      reader,
      taskId,
      pictures.map(({ n }) => n),
      (n, i) => this.save({ reader, kiosk: false }, taskId, n, { base: pictures[i]!.base, state, ...(label === undefined ? {} : { label }) }),
    );
  }

  async #many(
    reader: StoredUser,
    taskId: number,
    numbers: readonly number[],
    work: (n: number, i: number) => Promise<{ revision: number } | null>,
  ): Promise<LabelledMany> {
    await this.#open(reader, taskId, 0);
    const outcome: LabelledMany = { saved: [], refused: [] };
    for (let from = 0; from < numbers.length; from += SLICE) {
      const results = await Promise.allSettled(numbers.slice(from, from + SLICE).map((n, i) => work(n, from + i)));
      for (const [i, result] of results.entries()) {
        const n = numbers[from + i]!;
        if (result.status === 'fulfilled') {
          if (result.value !== null) outcome.saved.push({ n, revision: result.value.revision });
        } else if (result.reason instanceof StudioError) outcome.refused.push({ n, code: result.reason.code });
        else throw result.reason;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return outcome;
  }

  /** The reviewer accepts pictures, or returns them with a comment. Only what is done or to be deleted can be judged. */
  async review(reader: StoredUser, taskId: number, { verdict, pictures, comment }: Review): Promise<LabelledMany> {
    const { tasks } = this.#services;
    tasks.check(reader, tasks.visible(reader, taskId), 'review');
    const labels = await tasks.labels(taskId);
    const said = comment?.trim() ?? '';
    const outcome = await this.#many(reader, taskId, [...new Set(pictures)], async (n) => {
      if (n >= this.#task(taskId).count) throw new StudioError('not_found');
      const line = await labels.pictures.update(n, async (head) => {
        tasks.check(reader, this.#task(taskId), 'review');
        if (head === undefined || labels.standing(n).state === 'todo') throw new StudioError('annotation_unlabelled');
        const { comment: _, saveId: __, ...before } = (await labels.pictures.read(n))!;
        const review = verdict === 'accept' ? 'accepted' : 'returned';
        const now = { revision: head.revision + 1, review, by: reader.id, at: new Date().toISOString() } as const;
        return { ...before, ...now, ...(verdict === 'return' && said !== '' ? { comment: said } : {}) };
      });
      this.#saved(taskId, labels, line!, reader);
      return line;
    });
    if (verdict === 'return') {
      const parts = new Set(outcome.saved.map(({ n }) => labels.parts[n]!));
      for (const part of parts) await tasks.reopenPart(reader, taskId, part, said);
    }
    return outcome;
  }

  // ---------------------------------------------------------------- proposals

  /** What the model proposes becomes the label. Never touches a picture that is done. */
  acceptProposals(reader: StoredUser, taskId: number, choice: ProposalChoice): Promise<LabelledMany> {
    return this.#proposals(reader, taskId, choice, async (labels, n) => {
      const proposal = labels.proposal(n);
      if (proposal === null) return null;
      const base = labels.pictures.head(n)?.revision ?? 0;
      return this.save({ reader, kiosk: false }, taskId, n, { base, state: 'done', label: proposal.label });
    });
  }

  rejectProposals(reader: StoredUser, taskId: number, choice: ProposalChoice): Promise<LabelledMany> {
    return this.#proposals(reader, taskId, choice, async (labels, n) => {
      const line = await labels.proposals.read(n);
      if (line !== undefined) await labels.proposals.update(n, () => ({ ...line, label: null }));
      return { revision: labels.pictures.head(n)?.revision ?? 0 };
    });
  }

  async #proposals(
    reader: StoredUser,
    taskId: number,
    { pictures, above }: ProposalChoice,
    work: (labels: TaskLabels, n: number) => Promise<{ revision: number } | null>,
  ): Promise<LabelledMany> {
    const { tasks } = this.#services;
    const task = tasks.visible(reader, taskId);
    tasks.check(reader, task, 'annotate');
    const labels = await tasks.labels(taskId);
    const candidates = pictures === undefined ? Array.from({ length: task.count }, (_, n) => n) : [...new Set(pictures)].filter((n) => n < task.count);
    const numbers = candidates.filter((n) => {
      const proposal = labels.proposal(n);
      if (proposal === null || proposal.score < (above ?? 0)) return false;
      // Somebody else's pictures are left out where all were meant; named ones are refused with the reason.
      return pictures !== undefined || this.lock({ reader, kiosk: false }, task, partOf(task, labels, n), labels.pictures.head(n)) === null;
    });
    const outcome = await this.#many(reader, taskId, numbers, async (n) => {
      this.#checkLock({ reader, kiosk: false }, this.#task(taskId), labels, n, labels.pictures.head(n));
      return work(labels, n);
    });
    this.#services.events.emit('annotation', { taskId, type: 'index' });
    return outcome;
  }
}

/** The review of a picture that is saved without being an answer to one: what is not done cannot be accepted, nor fixed. */
function undone(review: PictureLine['review'], state: PictureLine['state']): PictureLine['review'] {
  if (state !== 'todo') return review;
  return review === 'accepted' ? 'none' : review === 'fixed' ? 'returned' : review;
}

function partOf(task: Readonly<StoredTask>, labels: TaskLabels, n: number): Readonly<StoredPart> | undefined {
  const id = labels.parts[n];
  return task.parts.find((part) => part.id === id);
}

const base64 = (numbers: Uint8Array | Uint16Array) => Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
