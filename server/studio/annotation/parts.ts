/** The states of the parts: an annotator tells that theirs is done, the reviewer accepts it or gives it back. */
import { StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { AnnotationTask } from '../../http/annotation-schemas.ts';
import { withParticles } from '../../particles.ts';
import type { StoredUser } from '../people/users.ts';
import { judged } from './reviews.ts';
import { checkFinished, countOfRuns, isOpenPart, numbersOfRuns, partOfTask, type StoredPart, type StoredTask } from './task.ts';
import type { PictureHead, TaskLabels } from './task-labels.ts';
import type { AnnotationTasks } from './tasks.ts';

export interface PartsServices {
  tasks: AnnotationTasks;
  events: EventBus;
}

/** Pictures that are marked between two turns of the event loop. */
const SLICE = 500;

export class TaskParts {
  readonly #tasks: AnnotationTasks;
  readonly #events: EventBus;

  constructor({ tasks, events }: PartsServices) {
    this.#tasks = tasks;
    this.#events = events;
  }

  /** The annotator tells the reviewer. Throws annotation_not_yours, annotation_part_state, annotation_not_finished. */
  async done(reader: StoredUser, id: number, partId: number): Promise<AnnotationTask> {
    this.#tasks.visible(reader, id);
    const labels = await this.#tasks.labels(id);
    const task = await labels.exclusively(() =>
      this.#change(id, partId, (before, part) => {
        if (before.status !== 'working') throw new StudioError('annotation_completed');
        const own = part.userId === reader.id || (part.userId === null && before.reviewerId === reader.id);
        if (!own) throw new StudioError('annotation_not_yours', { name: this.#tasks.nameOf(before.reviewerId) });
        if (!isOpenPart(part.status)) throw new StudioError('annotation_part_state');
        checkFinished(labels.countsOf(partId));
        return { ...part, status: 'done' };
      }),
    );
    await this.#tellDone(task, partId, reader.id);
    return this.#tasks.view(reader, task);
  }

  async #tellDone(task: Readonly<StoredTask>, partId: number, by: number | null): Promise<void> {
    const { userId, runs } = partOfTask(task, partId);
    const count = countOfRuns(runs);
    const name = this.#tasks.nameOf(userId);
    const who = userId === null ? { ko: '키오스크', en: 'The kiosk stations' } : { ko: `${name} 님`, en: name };
    await this.#tasks.tell(task.reviewerId, by, task, 'success', {
      ko: withParticles(`${who.ko}이(가) 맡은 이미지 ${count}장의 라벨링을 마쳤습니다. 검수해 주세요.`),
      en: `${who.en} finished labelling ${count} pictures. Please review them.`,
    });
  }

  /** The stations' part is done when all of it is: there is nobody else to say so. */
  async poolDone(id: number, partId: number): Promise<void> {
    const labels = await this.#tasks.labels(id);
    const ended = () => labels.countsOf(partId).open === 0;
    if (!ended()) return;
    let told = false;
    const task = await labels.exclusively(() =>
      this.#change(id, partId, (before, part) => {
        told = before.status === 'working' && part.userId === null && isOpenPart(part.status) && ended();
        return told ? { ...part, status: 'done' } : part;
      }),
    );
    if (told) await this.#tellDone(task, partId, null);
  }

  /** With all its pictures. */
  async accept(reader: StoredUser, id: number, partId: number): Promise<AnnotationTask> {
    this.#tasks.visible(reader, id);
    const labels = await this.#tasks.labels(id);
    const check = (task: Readonly<StoredTask>) => {
      this.#tasks.check(reader, task, 'review');
      checkFinished(labels.countsOf(partId));
    };
    const task = await labels.exclusively(async () => {
      const before = this.#tasks.visible(reader, id);
      const part = partOfTask(before, partId);
      check(before);
      // The pictures first: where this ends half-way, the part is not accepted, and it can be done again.
      await this.#mark(reader, labels, part, ({ review }) => (review === 'accepted' ? null : 'accepted'));
      return this.#change(id, partId, (now, found) => {
        check(now);
        return { ...found, status: 'accepted', comment: '' };
      });
    });
    this.#events.emit('annotation', { taskId: id, type: 'index' });
    const { userId } = partOfTask(task, partId);
    await this.#tasks.tell(userId, reader.id, task, 'success', { ko: '라벨링한 작업이 검수를 통과했습니다.', en: 'The reviewer has accepted your work.' });
    return this.#tasks.view(reader, task);
  }

  /** All of a part can be edited again; of one that is only done, single pictures that were accepted stay so. */
  async return(reader: StoredUser, id: number, partId: number, comment: string): Promise<AnnotationTask> {
    this.#tasks.visible(reader, id);
    const labels = await this.#tasks.labels(id);
    const check = (task: Readonly<StoredTask>, part: Readonly<StoredPart>) => {
      this.#tasks.check(reader, task, 'review');
      if (isOpenPart(part.status)) throw new StudioError('annotation_part_state');
    };
    const task = await labels.exclusively(async () => {
      const before = this.#tasks.visible(reader, id);
      const part = partOfTask(before, partId);
      check(before, part);
      if (part.status === 'accepted') await this.#mark(reader, labels, part, ({ review }) => (review === 'accepted' ? 'none' : null));
      return this.#change(id, partId, (now, found) => {
        check(now, found);
        return { ...found, status: 'returned', comment: comment.trim() };
      });
    });
    this.#events.emit('annotation', { taskId: id, type: 'index' });
    await this.#tellReturned(task, partId, reader.id, comment.trim());
    return this.#tasks.view(reader, task);
  }

  /** `verdict` gives the new review of a picture; null: it stays as it is. */
  async #mark(reader: StoredUser, labels: TaskLabels, part: Readonly<StoredPart>, verdict: (head: PictureHead) => PictureHead['review'] | null): Promise<void> {
    const numbers = numbersOfRuns(part.runs);
    for (let from = 0; from < numbers.length; from += SLICE) {
      await Promise.all(
        numbers.slice(from, from + SLICE).map((n) =>
          labels.pictures.update(n, (head) => {
            const review = head === undefined ? null : verdict(head);
            return review === null ? null : judged(labels, n, review, reader.id);
          }),
        ),
      );
    }
  }

  /** Single pictures were returned: their part is open again. */
  async reopen(reader: StoredUser, id: number, partId: number, comment: string): Promise<void> {
    const before = this.#tasks.get(id)?.parts.find((part) => part.id === partId);
    const reopened = before !== undefined && !isOpenPart(before.status);
    const task = reopened ? await this.#change(id, partId, (_, part) => ({ ...part, status: 'returned' })) : this.#tasks.get(id);
    if (task !== undefined) await this.#tellReturned(task, partId, reader.id, comment);
  }

  async #tellReturned(task: Readonly<StoredTask>, partId: number, by: number, comment: string): Promise<void> {
    const part = task.parts.find(({ id }) => id === partId);
    const end = comment === '' ? '' : `: ${comment}`;
    await this.#tasks.tell(part?.userId ?? null, by, task, 'info', {
      ko: `검수자가 이미지를 다시 확인해 달라고 했습니다${end}`,
      en: `The reviewer has returned pictures to you${end}`,
    });
  }

  #change(id: number, partId: number, change: (task: Readonly<StoredTask>, part: Readonly<StoredPart>) => Readonly<StoredPart>): Promise<Readonly<StoredTask>> {
    return this.#tasks.update(id, (before) => {
      const part = partOfTask(before, partId);
      const after = change(before, part);
      return after === part ? (before as StoredTask) : { ...before, parts: before.parts.map((other) => (other.id === partId ? after : other)) };
    });
  }
}
