/**
 * Applying the AI model: a job proposes labels, which stay apart from what people have said until somebody accepts them. The Default model learns from the
 * labels of the task itself; a custom one is a registered model or a finished experiment of the same problem in the group.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { AutoAnnotation, AutoModel, NewAutoAnnotation } from '../../http/annotation-schemas.ts';
import type { AnnotateOutcome, DefaultExamples, ProposedLine } from '../../jobs/protocol.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import { writeDurably } from '../../store/durable.ts';
import { readJournal } from '../../store/journal.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { Models } from '../models/models.ts';
import type { StoredUser, Users } from '../people/users.ts';
import { hasTrainer } from '../projects/problems.ts';
import type { Projects } from '../projects/projects.ts';
import { livingClasses } from './classes.ts';
import type { StoredTask } from './task.ts';
import type { TaskClasses } from './task-classes.ts';
import type { TaskLabels } from './task-labels.ts';
import type { AnnotationTasks } from './tasks.ts';

export interface AutoServices {
  tasks: AnnotationTasks;
  classes: TaskClasses;
  datasets: Datasets;
  experiments: Experiments;
  models: Models;
  projects: Projects;
  users: Users;
  queue: Queue;
  events: EventBus;
  log(error: unknown, about: string): void;
}

/** JOBDIR/request.json */
interface StoredRequest {
  model: AutoModel;
  name: string;
  threshold: number;
}

/** Labels, of two classes at least, that the Default model can learn something from. */
const NEEDED = 10;
/** Memory of the job, MiB, where it is free. */
const WISH = { cores: 1, memoryMb: 2048 };
const SLICE = 1000;

interface Usable {
  model: AutoModel;
  name: string;
  algorithm: string;
  accuracy: number | null;
  classes: string[];
  file: string;
}

export class AutoAnnotations {
  readonly #services: AutoServices;
  /** Tasks in which a job is being started because of their labels. */
  readonly #starting = new Set<number>();
  /** What the last job of a task was asked and has made: kept, so that looking costs no reading. */
  readonly #about = new Map<number, { name: string; proposals: number | null }>();

  constructor(services: AutoServices) {
    this.#services = services;
    services.events.on('progress', ({ jobId }) => {
      const job = services.queue.get(jobId);
      if (job?.kind === 'annotate') this.#tell(job.subjectId);
    });
  }

  // ---------------------------------------------------------------- looking

  async look(reader: StoredUser, taskId: number): Promise<AutoAnnotation> {
    const task = this.#services.tasks.visible(reader, taskId);
    const labels = await this.#services.tasks.labels(taskId);
    const examples = examplesOf(task, labels);
    return {
      blockedBy: this.#blockedBy(task),
      defaultBlockedBy: defaultBlockedBy(examples),
      labelled: examples.examples.length,
      needed: NEEDED,
      models: (await this.#usable(task)).map(({ file: _, ...model }) => model),
      job: this.#jobView(task),
      proposals: labels.openProposals,
    };
  }

  #blockedBy(task: Readonly<StoredTask>): ErrorCode | null {
    return hasTrainer('image', task.model) && task.model === 'classification' ? null : 'annotation_no_trainer';
  }

  #jobView(task: Readonly<StoredTask>): AutoAnnotation['job'] {
    const job = task.autoJobId === null ? undefined : this.#services.queue.get(task.autoJobId);
    if (job === undefined) return null;
    const about = this.#about.get(job.id);
    const { progress } = this.#services.queue.live(job);
    return { id: job.id, state: job.state, model: about?.name ?? job.title, progress, failure: job.failure, proposals: about?.proposals ?? null };
  }

  /** Finished experiments and registered models of the same problem in the task's group. */
  async #usable(task: Readonly<StoredTask>): Promise<Usable[]> {
    if (this.#blockedBy(task) !== null) return [];
    const { experiments, models, projects, tasks } = this.#services;
    const groupId = tasks.groupOf(task);
    const found: Usable[] = [];
    for (const { file, version, name } of models.usableIn(groupId, task.model)) {
      const { algorithm, result, id } = version;
      const { accuracy } = result.evaluation.test ?? result.evaluation.validation;
      found.push({ model: { kind: 'version', id }, name, algorithm, accuracy, classes: result.classes, file });
    }
    for (const { experiment, file } of experiments.usableWhere(({ projectId }) => {
      const project = projects.get(projectId);
      return project?.groupId === groupId && project.type === 'image' && project.model === task.model;
    })) {
      const result = await experiments.result(experiment);
      if (result === null) continue;
      const { accuracy } = result.evaluation.test ?? result.evaluation.validation;
      const algorithm = experiment.config?.algorithm ?? '';
      const name = `${projects.get(experiment.projectId)?.name ?? ''} · ${experiment.name}`;
      found.push({ model: { kind: 'experiment', id: experiment.id }, name, algorithm, accuracy, classes: result.classes, file });
    }
    return found;
  }

  async #find(task: Readonly<StoredTask>, model: AutoModel): Promise<Usable> {
    const found = (await this.#usable(task)).find(
      ({ model: { kind, ...rest } }) => kind === model.kind && 'id' in rest && 'id' in model && rest.id === model.id,
    );
    if (found === undefined) throw new StudioError('model_not_usable');
    return found;
  }

  // ---------------------------------------------------------------- starting

  /** Throws annotation_no_trainer, annotation_auto_running, annotation_too_few_labels, annotation_nothing_to_do, model_not_usable. */
  async start(reader: StoredUser, taskId: number, request: NewAutoAnnotation): Promise<AutoAnnotation> {
    const { tasks } = this.#services;
    const task = tasks.visible(reader, taskId);
    tasks.check(reader, task, 'auto');
    await this.#submit(reader.id, task, request);
    return this.look(reader, taskId);
  }

  async #submit(ownerId: number, task: Readonly<StoredTask>, { model, threshold, scope }: NewAutoAnnotation): Promise<void> {
    const { tasks, queue, datasets } = this.#services;
    const blocked = this.#blockedBy(task);
    if (blocked !== null) throw new StudioError(blocked);
    const labels = await tasks.labels(task.id);
    const examples = examplesOf(task, labels);
    const tooFew = model.kind === 'default' ? defaultBlockedBy(examples) : null;
    if (tooFew !== null) throw new StudioError(tooFew, { needed: NEEDED });
    const { name } = model.kind === 'default' ? { name: 'Default' } : await this.#find(task, model);
    const numbers: number[] = [];
    const wanted = typeof scope === 'string' ? null : new Set(scope.pictures);
    for (let n = 0; n < task.count; n++) {
      const { state } = labels.standing(n);
      if (wanted === null ? scope === 'all' || state === 'todo' : wanted.has(n)) numbers.push(n);
    }
    if (numbers.length === 0) throw new StudioError('annotation_nothing_to_do');
    if (this.#starting.has(task.id) || this.#isRunning(task.id)) throw new StudioError('annotation_auto_running');
    this.#starting.add(task.id);
    try {
      const dataset = datasets.get(task.datasetId);
      const job = await queue.submit(
        () => ({
          kind: 'annotate',
          title: `${name} · ${dataset?.name ?? ''} / v${dataset?.version ?? 0}`,
          projectId: task.projectId,
          ownerId,
          subjectId: task.id,
          preset: null,
          wish: WISH,
        }),
        async (_, dir) => {
          await writeDurably(join(dir, 'numbers.json'), JSON.stringify(numbers));
          if (model.kind === 'default') await writeDurably(join(dir, 'examples.json'), JSON.stringify(examples));
          await writeDurably(join(dir, 'request.json'), JSON.stringify({ model, name, threshold } satisfies StoredRequest));
        },
      );
      this.#about.set(job.id, { name, proposals: null });
      const before = task.autoJobId;
      await tasks.update(task.id, (now) => ({
        ...now,
        autoJobId: job.id,
        ...(model.kind === 'default' ? { autoLabelled: examples.examples.length } : {}),
      }));
      if (before !== null) await queue.delete(before).catch((error: unknown) => this.#services.log(error, `forgetting job ${before}`));
      this.#tell(task.id);
    } finally {
      this.#starting.delete(task.id);
    }
  }

  #isRunning(taskId: number): boolean {
    return this.#services.queue.filter((job) => job.kind === 'annotate' && job.subjectId === taskId && isActive(job)).length > 0;
  }

  /** Throws job_over. */
  async stop(reader: StoredUser, taskId: number): Promise<AutoAnnotation> {
    const { tasks, queue } = this.#services;
    const task = tasks.visible(reader, taskId);
    tasks.check(reader, task, 'auto');
    if (task.autoJobId === null) throw new StudioError('job_over');
    await queue.stop(task.autoJobId);
    return this.look(reader, taskId);
  }

  /** A picture was labelled: where the task asks for it, the Default model learns anew. */
  labelled(taskId: number): void {
    const task = this.#services.tasks.get(taskId);
    if (task?.autoEvery == null || task.status !== 'working' || this.#starting.has(taskId) || this.#isRunning(taskId)) return;
    const done = this.#services.tasks.doneOf(taskId);
    if (done < NEEDED || done - task.autoLabelled < task.autoEvery) return;
    this.#submit(task.reviewerId, task, { model: { kind: 'default' }, threshold: 0, scope: 'unlabelled' }).catch((error: unknown) => {
      // One class only, or nothing left: it is tried again with the next label.
      if (!(error instanceof StudioError)) this.#services.log(error, `the Default model of annotation ${taskId}`);
    });
  }

  // ---------------------------------------------------------------- its job

  readonly rules: JobRules<'annotate'> = {
    work: async (job, dir) => {
      const { tasks, datasets } = this.#services;
      const task = tasks.get(job.subjectId);
      if (task === undefined) throw new StudioError('not_found');
      const { model, name } = await readRequest(dir);
      this.#about.set(job.id, { name, proposals: null });
      const dataset = datasets.folder(task.datasetId);
      if (model.kind === 'default') return { kind: 'annotate', dataset, model: { kind: 'default' } };
      return { kind: 'annotate', dataset, model: { kind: 'file', file: (await this.#find(task, model)).file } };
    },
    started: async (job) => this.#tell(job.subjectId),
    ended: (job, verdict, dir) => this.#ended(job, verdict, dir),
  };

  async #ended(job: Readonly<StoredJob>, { state, failure }: JobVerdict, dir: string): Promise<void> {
    const { tasks } = this.#services;
    const task = tasks.get(job.subjectId);
    const outcome = await readFile(join(dir, 'out/result.json'), 'utf8').then(
      (text) => JSON.parse(text) as AnnotateOutcome,
      () => null,
    );
    if (task !== undefined && task.status === 'working' && outcome !== null) {
      const { name, threshold } = await readRequest(dir);
      const proposals = await this.#takeOver(task.id, join(dir, 'out/proposals.jsonl'), outcome, name, threshold);
      this.#about.set(job.id, { name, proposals });
      this.#services.events.emit('annotation', { taskId: task.id, type: 'index' });
    }
    await rm(join(dir, 'out'), { recursive: true, force: true });
    for (const name of ['numbers.json', 'examples.json']) await rm(join(dir, name), { force: true });
    // The job's record follows in a moment: tell then.
    setTimeout(() => this.#tell(job.subjectId), 100).unref();
    if (task === undefined || state !== 'failed') return;
    await tasks.tell(job.ownerId, null, task, 'error', {
      ko: `자동 라벨링을 끝내지 못했습니다. ${failure?.ko ?? ''}`,
      en: `The automatic labelling could not be finished. ${failure?.en ?? ''}`,
    });
  }

  /** Gives how many proposals there were. What scores less than the threshold is kept for its uncertainty alone. */
  async #takeOver(taskId: number, file: string, { classes }: AnnotateOutcome, model: string, threshold: number): Promise<number> {
    const { tasks, classes: known } = this.#services;
    const lines: ProposedLine[] = [];
    for await (const line of readJournal<ProposedLine>(file)) lines.push(line);
    const used = new Set(lines.flatMap(({ label, score }) => (score >= threshold ? [label] : [])));
    const task = await known.ensure(
      taskId,
      [...used].sort((a, b) => a - b).map((label) => classes[label]!),
    );
    const ids = classes.map((name) => livingClasses(task).find((one) => one.name.toLowerCase() === name.trim().toLowerCase())?.id ?? null);
    const labels = await tasks.labels(taskId);
    let made = 0;
    for (let from = 0; from < lines.length; from += SLICE) {
      await Promise.all(
        lines.slice(from, from + SLICE).map(({ n, label, score, uncertainty }) => {
          const id = score >= threshold ? ids[label]! : null;
          if (id !== null) made += 1;
          return labels.proposals.update(n, () => ({ n, label: id, score, uncertainty, model }));
        }),
      );
    }
    return made;
  }

  #tell(taskId: number): void {
    const task = this.#services.tasks.get(taskId);
    if (task !== undefined) this.#services.events.emit('annotation', { taskId, type: 'auto', job: this.#jobView(task) });
  }
}

/** The labels that people have made so far, with the classes that occur. */
function examplesOf(task: Readonly<StoredTask>, labels: TaskLabels): DefaultExamples {
  const found: { n: number; id: number }[] = [];
  for (let n = 0; n < task.count; n++) {
    const { state, label } = labels.standing(n);
    if (state === 'done' && label !== null) found.push({ n, id: label });
  }
  const used = new Set(found.map(({ id }) => id));
  const classes = livingClasses(task).filter(({ id }) => used.has(id));
  const index = new Map(classes.map(({ id }, i) => [id, i]));
  return { classes: classes.map(({ name }) => name), examples: found.map(({ n, id }) => ({ n, label: index.get(id)! })) };
}

function defaultBlockedBy({ classes, examples }: DefaultExamples): ErrorCode | null {
  return examples.length < NEEDED || classes.length < 2 ? 'annotation_too_few_labels' : null;
}

const readRequest = async (dir: string) => JSON.parse(await readFile(join(dir, 'request.json'), 'utf8')) as StoredRequest;
