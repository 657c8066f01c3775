/** The classes of tasks, as people change them: see classes.ts for the rules. */
import { StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { AnnotationClass, AnnotationClassChange, AnnotationClasses, NewAnnotationClass } from '../../http/annotation-schemas.ts';
import type { StoredUser } from '../people/users.ts';
import { addClass, changeClass, deleteClass, livingClasses, orderClasses } from './classes.ts';
import { lockOf } from './locks.ts';
import type { StoredTask } from './task.ts';
import type { TaskLabels } from './task-labels.ts';
import type { AnnotationTasks } from './tasks.ts';

export interface TaskClassesServices {
  tasks: AnnotationTasks;
  events: EventBus;
}

export class TaskClasses {
  readonly #tasks: AnnotationTasks;
  readonly #events: EventBus;

  constructor({ tasks, events }: TaskClassesServices) {
    this.#tasks = tasks;
    this.#events = events;
  }

  async list(reader: StoredUser, id: number): Promise<AnnotationClasses> {
    const task = this.#tasks.visible(reader, id);
    return classesView(reader, task, await this.#tasks.labels(id));
  }

  add(reader: StoredUser, id: number, request: NewAnnotationClass): Promise<AnnotationClasses> {
    return this.#change(reader, id, (before) => addClass(before, request));
  }

  change(reader: StoredUser, id: number, classId: number, change: AnnotationClassChange): Promise<AnnotationClasses> {
    return this.#change(reader, id, (before) => changeClass(before, classId, change));
  }

  order(reader: StoredUser, id: number, ids: readonly number[]): Promise<AnnotationClasses> {
    return this.#change(reader, id, (before) => orderClasses(before, ids));
  }

  /** There is no way back, so what others have labelled with it is the reviewer's matter. Throws annotation_class_used. */
  async delete(reader: StoredUser, id: number, classId: number, moveTo: number | null): Promise<AnnotationClasses> {
    this.#tasks.visible(reader, id);
    const labels = await this.#tasks.labels(id);
    // Saves that are under way may label more with it: they are on the disk when its uses are looked at, and later ones find it gone.
    const classes = await labels.exclusively(() =>
      this.#change(reader, id, (before) => {
        const after = deleteClass(before, classId, moveTo);
        if (!heldClasses(reader, before, labels).has(classId)) return after;
        const name = before.classes.find((one) => one.id === classId)!.name;
        throw new StudioError('annotation_class_used', { name, reviewer: this.#tasks.nameOf(before.reviewerId) });
      }),
    );
    this.#events.emit('annotation', { taskId: id, type: 'index' });
    return classes;
  }

  async #change(reader: StoredUser, id: number, change: (before: StoredTask) => StoredTask): Promise<AnnotationClasses> {
    this.#tasks.visible(reader, id);
    const labels = await this.#tasks.labels(id);
    const task = await this.#tasks.update(id, (before) => {
      this.#tasks.check(reader, before, 'classes');
      return change(before as StoredTask);
    });
    labels.recount(task);
    this.#events.emit('annotation', { taskId: id, type: 'classes', revision: task.classesRevision });
    return classesView(reader, task, labels);
  }

  /** Classes by their names, those that are missing made. For models that know more than the task. */
  async ensure(id: number, names: readonly string[]): Promise<Readonly<StoredTask>> {
    const missing = (task: Pick<StoredTask, 'classes'>) => {
      const there = new Set(livingClasses(task).map(({ name }) => name.toLowerCase()));
      return names.filter((name) => !there.has(name.trim().toLowerCase()));
    };
    const now = this.#tasks.get(id);
    if (now !== undefined && missing(now).length === 0) return now;
    const task = await this.#tasks.update(id, (before) => missing(before).reduce<StoredTask>((made, name) => addClass(made, { name }), before as StoredTask));
    (await this.#tasks.labels(id)).recount(task);
    this.#events.emit('annotation', { taskId: id, type: 'classes', revision: task.classesRevision });
    return task;
  }
}

/** Classes of pictures that the reader cannot change. */
function heldClasses(reader: StoredUser, task: Readonly<StoredTask>, labels: TaskLabels): Set<number> {
  if (task.reviewerId === reader.id) return new Set();
  return labels.classesWhere((n) => lockOf({ reader, kiosk: false }, task, labels, n) !== null);
}

function classesView(reader: StoredUser, task: Readonly<StoredTask>, labels: TaskLabels): AnnotationClasses {
  const held = heldClasses(reader, task, labels);
  return {
    revision: task.classesRevision,
    classes: livingClasses(task).map(
      ({ id, name, colour, hotKey }): AnnotationClass => ({ id, name, colour, hotKey, uses: labels.usesOf(id), deletable: !held.has(id) }),
    ),
  };
}
