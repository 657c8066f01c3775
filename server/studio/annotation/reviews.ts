/** The reviewer judges single pictures: accepted, or returned with a comment. Whole parts: parts.ts. */
import { StudioError } from '../../errors.ts';
import type { LabelledMany, PictureReview, Review } from '../../http/annotation-schemas.ts';
import type { PictureAmendment, PictureLine } from '../../store/annotated-pictures.ts';
import type { Next } from '../../store/numbered-log.ts';
import type { StoredUser } from '../people/users.ts';
import { forMany } from './many.ts';
import type { TaskParts } from './parts.ts';
import type { AnnotatedPictures } from './pictures.ts';
import type { TaskLabels } from './task-labels.ts';
import type { AnnotationTasks } from './tasks.ts';

export interface ReviewServices {
  tasks: AnnotationTasks;
  parts: TaskParts;
  pictures: AnnotatedPictures;
}

export class Reviews {
  readonly #services: ReviewServices;

  constructor(services: ReviewServices) {
    this.#services = services;
  }

  /** Only what is done or to be deleted can be judged. Throws annotation_not_reviewer, annotation_completed. */
  async judge(reader: StoredUser, taskId: number, { verdict, pictures, comment }: Review): Promise<LabelledMany> {
    const { tasks, parts } = this.#services;
    tasks.check(reader, tasks.visible(reader, taskId), 'review');
    const labels = await tasks.labels(taskId);
    const said = comment?.trim() ?? '';
    const outcome = await forMany([...new Set(pictures)], async (n) => {
      if (n >= tasks.visible(reader, taskId).count) throw new StudioError('not_found');
      const line = await labels.update(n, (head) => {
        tasks.check(reader, tasks.visible(reader, taskId), 'review');
        if (head === undefined || labels.standing(n).state === 'todo') throw new StudioError('annotation_unlabelled');
        return verdict === 'accept' ? judged(labels, n, 'accepted', reader.id) : judged(labels, n, 'returned', reader.id, said);
      });
      this.#services.pictures.saved(taskId, labels, line!, reader);
      return line;
    });
    if (verdict === 'return') {
      for (const part of new Set(outcome.saved.map(({ n }) => labels.parts[n]!))) await parts.reopen(reader, taskId, part, said);
    }
    return outcome;
  }
}

/** A saved picture with another review; its shapes are not written again. */
export async function judged(labels: TaskLabels, n: number, review: PictureReview, by: number, said = ''): Promise<Next<PictureLine, PictureAmendment>> {
  const { shapes, comment: _, saveId: __, n: ___, ...before } = (await labels.pictures.read(n))!;
  const line = { ...before, revision: before.revision + 1, review, ...(said === '' ? {} : { comment: said }), by, at: new Date().toISOString() };
  return shapes === undefined ? { n, ...line } : { amend: { line } };
}
