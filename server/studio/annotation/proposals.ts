/** What a model proposes is accepted or taken back, one, all, or above a score. Never touches a picture that is done. */
import type { EventBus } from '../../events.ts';
import type { LabelledMany, ProposalChoice } from '../../http/annotation-schemas.ts';
import type { StoredUser } from '../people/users.ts';
import { lockOf } from './locks.ts';
import { forMany } from './many.ts';
import type { AnnotatedPictures } from './pictures.ts';
import type { TaskLabels } from './task-labels.ts';
import type { AnnotationTasks } from './tasks.ts';

export interface ProposalServices {
  tasks: AnnotationTasks;
  pictures: AnnotatedPictures;
  events: EventBus;
}

export class Proposals {
  readonly #services: ProposalServices;

  constructor(services: ProposalServices) {
    this.#services = services;
  }

  /** They become labels. */
  accept(reader: StoredUser, taskId: number, choice: ProposalChoice): Promise<LabelledMany> {
    return this.#each(reader, taskId, choice, async (labels, n) => {
      const proposal = labels.proposal(n);
      if (proposal === null) return null;
      const base = labels.pictures.head(n)?.revision ?? 0;
      return this.#services.pictures.save({ reader, kiosk: false }, taskId, n, { base, state: 'done', label: proposal.label });
    });
  }

  reject(reader: StoredUser, taskId: number, choice: ProposalChoice): Promise<LabelledMany> {
    return this.#each(reader, taskId, choice, async (labels, n) => {
      const line = await labels.proposals.read(n);
      if (line !== undefined) await labels.proposals.update(n, () => ({ ...line, label: null }));
      return { revision: labels.pictures.head(n)?.revision ?? 0 };
    });
  }

  async #each(
    reader: StoredUser,
    taskId: number,
    { pictures: chosen, above }: ProposalChoice,
    work: (labels: TaskLabels, n: number) => Promise<{ revision: number } | null>,
  ): Promise<LabelledMany> {
    const { tasks, pictures, events } = this.#services;
    const task = tasks.visible(reader, taskId);
    tasks.check(reader, task, 'annotate');
    const labels = await tasks.labels(taskId);
    const saver = { reader, kiosk: false };
    const candidates = chosen === undefined ? Array.from({ length: task.count }, (_, n) => n) : [...new Set(chosen)].filter((n) => n < task.count);
    const numbers = candidates.filter((n) => {
      const proposal = labels.proposal(n);
      if (proposal === null || proposal.score < (above ?? 0)) return false;
      // Somebody else's pictures are left out where all were meant; named ones are refused with the reason.
      return chosen !== undefined || lockOf(saver, task, labels, n) === null;
    });
    const outcome = await forMany(numbers, async (n) => {
      pictures.checkLock(saver, tasks.visible(reader, taskId), labels, n);
      return work(labels, n);
    });
    events.emit('annotation', { taskId, type: 'index' });
    return outcome;
  }
}
