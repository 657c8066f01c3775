/**
 * The pictures of a task: read, saved, labelled by the hundred. A save names the revision that it has changed; where somebody else was faster it is refused
 * with what there is now, so nothing is overwritten unseen. A save that is sent again (the answer was lost) is recognised by its id.
 */
import { StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type {
  AnnotatedPicture,
  AnnotationIndex,
  AnnotationMessage,
  AnnotationPage,
  AnnotationQuery,
  AnnotationRow,
  LabelledMany,
  LabelMany,
  PictureSave,
  PictureSaved,
} from '../../http/annotation-schemas.ts';
import { amendPicture, type KeptShape, type PictureAmendment, type PictureLine } from '../../store/annotated-pictures.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { PictureSets } from '../datasets/open-sets.ts';
import type { StoredUser } from '../people/users.ts';
import { missing, resolveClass } from './classes.ts';
import { lockOf, type Saver } from './locks.ts';
import { forMany } from './many.ts';
import type { Presences } from './presence.ts';
import { admitShapes, checkCount, checkLabelled, resolveShapes, withIds, withNewIds } from './shapes.ts';
import type { StoredTask } from './task.ts';
import { type PictureHead, REVIEWS, reviewIn, STATES, type Standing, type TaskLabels } from './task-labels.ts';
import type { AnnotationTasks } from './tasks.ts';

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
  presences: Presences;
  events: EventBus;
  /** A picture was labelled. */
  labelled(taskId: number): void;
}

export class AnnotatedPictures {
  readonly #services: PictureServices;

  constructor(services: PictureServices) {
    this.#services = services;
  }

  // ---------------------------------------------------------------- who may do what

  /** Throws what lockOf() tells. */
  checkLock(saver: Saver, task: Readonly<StoredTask>, labels: TaskLabels, n: number): void {
    const locked = lockOf(saver, task, labels, n);
    if (locked !== null) throw new StudioError(locked, { name: this.#services.tasks.nameOf(task.reviewerId) });
  }

  async #open(reader: StoredUser, taskId: number, n: number): Promise<{ task: Readonly<StoredTask>; labels: TaskLabels }> {
    const task = this.#services.tasks.visible(reader, taskId);
    if (n >= task.count) throw new StudioError('not_found');
    return { task, labels: await this.#services.tasks.labels(taskId) };
  }

  // ---------------------------------------------------------------- looking

  async picture(reader: StoredUser, taskId: number, n: number): Promise<AnnotatedPicture> {
    const { task, labels } = await this.#open(reader, taskId, n);
    const { tasks, datasets, pictures, presences } = this.#services;
    const { items } = await pictures.get(datasets.folder(task.datasetId));
    const line = await labels.pictures.read(n);
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
      partId: labels.parts[n]!,
      lockedBy: lockOf({ reader, kiosk: false }, task, labels, n),
      by: line === undefined ? null : tasks.nameOf(line.by),
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
   * Resolves when it is on the disk. Throws OutdatedError, what lockOf() tells, annotation_class_deleted, annotation_unlabelled, annotation_shape_unlabelled,
   * annotation_too_many_shapes and what admitShapes throws.
   */
  async save(saver: Saver, taskId: number, n: number, request: PictureSave): Promise<PictureSaved> {
    const { labels } = await this.#open(saver.reader, taskId, n);
    let outdated = false;
    let cut: KeptShape[] | null = null;
    const line = await labels.update(n, async (head) => {
      outdated = false;
      const before = head?.revision ?? 0;
      if (request.base !== before) {
        const last = request.saveId === undefined || before !== request.base + 1 ? undefined : await labels.pictures.read(n);
        outdated = last?.saveId === undefined || last.saveId !== request.saveId;
        return null;
      }
      const task = this.#task(taskId);
      this.checkLock(saver, task, labels, n);
      const label = task.model === 'classification' ? this.#label(task, labels, n, head, request) : undefined;
      const now = this.#line(saver, task, head, labels.standing(n), {
        state: request.state,
        ...(label === undefined ? {} : { label }),
        ...(request.saveId === undefined ? {} : { saveId: request.saveId }),
        comment: head?.review === 'returned' || head?.review === 'fixed' ? ((await labels.pictures.read(n))?.comment ?? '') : '',
      });
      if (task.model === 'classification') return { n, ...now };
      const drawn = await this.#shapes(task, labels, n, now, request);
      cut = drawn.cut;
      return 'whole' in drawn ? drawn.whole : { amend: drawn.amend };
    });
    if (outdated) throw new OutdatedError(await this.picture(saver.reader, taskId, n));
    const { revision, state, review } = line ?? (await labels.pictures.read(n))!;
    if (line !== null) this.saved(taskId, labels, line, saver.reader, request.saveId);
    return { n, revision, state, review, shapes: cut };
  }

  /** As which revision a save was kept that may have been answered before; null: it was not, or something was saved since. */
  async revisionOf(taskId: number, n: number, saveId: string): Promise<number | null> {
    const line = await (await this.#services.tasks.labels(taskId)).pictures.read(n);
    return line?.saveId === saveId ? line.revision : null;
  }

  /** The class that a classified picture has from now on. */
  #label(task: Readonly<StoredTask>, labels: TaskLabels, n: number, head: PictureHead | undefined, { state, label }: PictureSave): number | undefined {
    // A browser may not know yet that its class was merged into another one.
    const given = label == null ? label : (resolveClass(task, label) ?? missing(task, label));
    const now = given === undefined ? labels.standing(n).label : given;
    if (state === 'done' && now === null) throw new StudioError('annotation_unlabelled');
    return given === undefined ? head?.label : (given ?? undefined);
  }

  /** What is written of a picture with shapes: all of it, or only what has changed. `cut`: those of the request as they are kept, where one was cut off. */
  async #shapes(
    task: Readonly<StoredTask>,
    labels: TaskLabels,
    n: number,
    line: PictureAmendment['line'],
    { state, shapes, changes }: PictureSave,
  ): Promise<{ cut: KeptShape[] | null } & ({ whole: PictureLine } | { amend: PictureAmendment })> {
    const before = await labels.pictures.read(n);
    if (shapes !== undefined || before === undefined) {
      const given = withIds(shapes ?? changes?.put ?? []);
      const { shapes: kept, changed } = await admitShapes(task, given, labels.sizeOf(n), (i) => i + 1);
      if (state === 'done') checkLabelled(kept);
      return { cut: changed ? kept : null, whole: { n, ...line, shapes: kept } };
    }
    const put = withNewIds(changes?.put ?? [], before.shapes ?? []);
    // Shapes of deleted classes go for good with what is saved next: nobody sees them, so they must not count, nor have a number.
    const shown = new Set(resolveShapes(task, before.shapes ?? []).map(({ id }) => id));
    const hidden = (before.shapes ?? []).flatMap(({ id }) => (shown.has(id) ? [] : [id]));
    const removed = [...(changes?.removed ?? []), ...hidden];
    const order = put.length === 0 ? [] : amendPicture(before, { line, put, removed }).shapes!;
    const { shapes: kept, changed } = await admitShapes(task, put, labels.sizeOf(n), (i) => order.findIndex(({ id }) => id === put[i]!.id) + 1);
    const amend: PictureAmendment = { line, ...(kept.length === 0 ? {} : { put: kept }), ...(removed.length === 0 ? {} : { removed }) };
    const after = amendPicture(before, amend).shapes!;
    checkCount(after);
    if (state === 'done') checkLabelled(after);
    return { cut: changed ? kept : null, amend };
  }

  #task(taskId: number): Readonly<StoredTask> {
    const task = this.#services.tasks.get(taskId);
    if (task === undefined) throw new StudioError('not_found');
    return task;
  }

  #line(
    { reader, kiosk }: Saver,
    task: Readonly<StoredTask>,
    head: PictureHead | undefined,
    standing: Standing,
    now: Pick<PictureLine, 'state' | 'label' | 'saveId' | 'comment'>,
  ): PictureAmendment['line'] {
    const before = standing.review;
    const answered = (before === 'returned' || before === 'fixed') && now.state !== 'todo';
    const reviews = task.reviewerId === reader.id && !kiosk;
    const review = answered ? (reviews ? 'accepted' : 'fixed') : reviewIn(now.state, before);
    const { comment, ...rest } = now;
    return {
      revision: (head?.revision ?? 0) + 1,
      ...rest,
      review,
      ...(comment ? { comment } : {}),
      by: reader.id,
      at: new Date().toISOString(),
    };
  }

  /** Tells everybody of a change that is on the disk. */
  saved(taskId: number, labels: TaskLabels, { n, revision }: Readonly<PictureLine>, reader: StoredUser, saveId?: string): void {
    const { state, review, label } = labels.standing(n);
    const message: AnnotationMessage = {
      ...{ taskId, type: 'picture', n, revision, state, review, label, partId: labels.parts[n]!, by: reader.name },
      ...(saveId === undefined ? {} : { saveId }),
    };
    this.#services.events.emit('annotation', message);
    this.#services.tasks.changed(taskId);
    if (state === 'done') this.#services.labelled(taskId);
  }

  // ---------------------------------------------------------------- many at once

  /** One class or state for many pictures; what somebody else has changed is told apart. */
  async labelMany(reader: StoredUser, taskId: number, { pictures, state, label }: LabelMany): Promise<LabelledMany> {
    await this.#open(reader, taskId, 0);
    return forMany(
      pictures.map(({ n }) => n),
      (n, i) => this.save({ reader, kiosk: false }, taskId, n, { base: pictures[i]!.base, state, ...(label === undefined ? {} : { label }) }),
    );
  }
}

const base64 = (numbers: Uint8Array | Uint16Array) => Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
