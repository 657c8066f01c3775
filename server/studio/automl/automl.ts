/**
 * AutoML: one draft becomes a training for each chosen algorithm. Each is an experiment of its own, like a Run; what joins them is the number of the
 * group, the draft's id.
 *
 * The draft is turned last: from then on the group exists, and a crash before its trainings are queued is made good at the next start. What was made for a
 * draft that was not turned is taken back.
 */
import { join } from 'node:path';
import { failureOf, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { Experiment } from '../../http/schemas.ts';
import type { AutomlRequest, Leaderboard } from '../../http/training-schemas.ts';
import { sizeOf } from '../../store/size.ts';
import { checkAllowed } from '../experiments/actions.ts';
import { type Experiments, isGoingOn, type StoredExperiment } from '../experiments/experiments.ts';
import { automlName, freeName } from '../experiments/names.ts';
import type { Trainings } from '../experiments/trainings.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { type Candidate, rank, recommend } from './leaderboard.ts';

export interface AutomlServices {
  experiments: Experiments;
  trainings: Trainings;
  projects: Projects;
  notifications: Notifications;
  events: EventBus;
  log(error: unknown, about: string): void;
}

export class Automl {
  readonly #experiments: Experiments;
  readonly #trainings: Trainings;
  readonly #projects: Projects;
  readonly #notifications: Notifications;
  readonly #log: (error: unknown, about: string) => void;
  /** Groups whose end is still to be told. */
  readonly #open = new Set<number>();

  constructor({ experiments, trainings, projects, notifications, events, log }: AutomlServices) {
    this.#experiments = experiments;
    this.#trainings = trainings;
    this.#projects = projects;
    this.#notifications = notifications;
    this.#log = log;
    events.on('change', ({ kind, id }) => {
      const group = kind === 'experiment' ? experiments.get(id)?.automlGroup : undefined;
      if (group === undefined || !this.#open.has(group)) return;
      if (experiments.ofAutomlGroup(group).some(isGoingOn)) return;
      this.#open.delete(group);
      this.#tellEnd(group).catch((error: unknown) => log(error, `end of AutoML ${group}`));
    });
  }

  /** Start AutoML. The experiments in the order of the algorithms, the draft being the first. Throws as a Run does, and automl_twice. */
  async start(reader: StoredUser, id: number, request: AutomlRequest): Promise<Experiment[]> {
    const experiments = this.#experiments;
    const draft = experiments.may(reader, id, 'automl');
    const { algorithms, split, preset } = request;
    for (const [i, { name, parameters }] of algorithms.entries()) {
      this.#trainings.check(draft, { split, preset, algorithm: name, parameters });
      if (algorithms.findIndex((other) => other.name === name) < i) throw new StudioError('automl_twice', { name });
    }
    const starts = algorithms.map(({ name, start }) => this.#trainings.startOf(reader, { algorithm: name, ...(start === undefined ? {} : { start }) }));
    const at = new Date();
    const taken = experiments.namesIn(draft.projectId);
    const settings = (index: number) => ({
      name: freeName(automlName(draft.projectId, index, at), taken),
      mode: 'automl' as const,
      status: 'pending' as const,
      automlGroup: id,
      config: { split, preset, algorithm: algorithms[index]!.name, parameters: algorithms[index]!.parameters, ...starts[index] },
    });
    return experiments.exclusively(id, 'automl', async () => {
      const made: Readonly<StoredExperiment>[] = [];
      try {
        for (let index = 1; index < algorithms.length; index++) {
          made.push(await experiments.put((newId) => ({ ...draft, ...settings(index), id: newId, jobId: null, createdAt: at.toISOString() })));
        }
        await experiments.update(id, (before) => {
          checkAllowed(before, 'automl');
          return { ...before, ...settings(0) };
        });
      } catch (error) {
        for (const experiment of made) await experiments.discard(experiment);
        throw error;
      }
      this.#open.add(id);
      const members = [id, ...made.map((experiment) => experiment.id)];
      for (const member of members) await this.#queue(member, reader.id);
      return members.flatMap((member) => {
        const experiment = experiments.get(member);
        return experiment === undefined ? [] : [experiments.view(reader, experiment)];
      });
    });
  }

  /** One that cannot be queued fails alone. */
  async #queue(id: number, ownerId: number): Promise<void> {
    try {
      await this.#trainings.queue(id, ownerId);
    } catch (error) {
      if (!(error instanceof StudioError)) this.#log(error, `queuing of experiment ${id}`);
      await this.#experiments.update(id, (before) => ({
        ...before,
        jobId: null,
        status: 'failed',
        failure: failureOf(error),
        finishedAt: new Date().toISOString(),
      }));
    }
  }

  /** Takes up what a crash interrupted. Before the queue starts. */
  async recover(): Promise<void> {
    for (const experiment of [...this.#experiments.all()]) {
      const { id, automlGroup, status, jobId, projectId } = experiment;
      if (automlGroup === undefined) continue;
      if (isGoingOn(experiment)) this.#open.add(automlGroup);
      if (status !== 'pending' || jobId !== null) continue;
      const leader = this.#experiments.get(automlGroup);
      // Where the leader was deleted since, the group had been started: only a draft that was never turned makes its members void.
      if (leader !== undefined && leader.automlGroup === undefined) await this.#experiments.discard(experiment);
      else await this.#queue(id, this.#projects.get(projectId)?.ownerId ?? 0);
    }
  }

  async #tellEnd(group: number): Promise<void> {
    const members = this.#experiments.ofAutomlGroup(group);
    const recommended = recommend(rank(await Promise.all(members.map((experiment) => this.#candidate(experiment, experiment)))));
    const best = members.find(({ id }) => id === recommended?.experimentId);
    const { projectId } = members[0]!;
    const ownerId = this.#projects.get(projectId)?.ownerId;
    if (ownerId === undefined) return;
    const text =
      best === undefined
        ? { ko: 'AutoML이 끝났지만 사용할 수 있는 모델이 없습니다.', en: 'The AutoML has ended, and none of its trainings has a model.' }
        : {
            ko: `AutoML이 끝났습니다. 추천 모델: ${best.config?.algorithm} (${best.name})`,
            en: `The AutoML has ended. It recommends ${best.config?.algorithm} (${best.name}).`,
          };
    await this.#notifications.add(ownerId, best === undefined ? 'error' : 'success', text, `/experiments/${best?.id ?? group}`);
  }

  /** Throws not_found where the experiment is not of an AutoML. */
  async leaderboard(reader: StoredUser, id: number): Promise<Leaderboard> {
    const { automlGroup } = this.#experiments.visible(reader, id);
    if (automlGroup === undefined) throw new StudioError('not_found');
    const members = this.#experiments.ofAutomlGroup(automlGroup);
    const rows = rank(await Promise.all(members.map((experiment) => this.#candidate(experiment, this.#experiments.view(reader, experiment)))));
    const complete = !members.some(isGoingOn);
    return { automlGroup, complete, rows, recommended: complete ? recommend(rows) : null };
  }

  async #candidate<E>(experiment: Readonly<StoredExperiment>, view: E): Promise<Candidate<E>> {
    const result = await this.#experiments.result(experiment);
    return {
      experiment: view,
      validation: result?.evaluation.validation ?? null,
      test: result?.evaluation.test ?? null,
      sizeBytes: result === null ? null : await sizeOf(join(this.#experiments.outFolder(experiment), 'model.onnx')),
      parametersM: result === null ? null : result.parameters / 1e6,
      gflops: result?.gflops ?? null,
      inferenceImagesPerSecond: result?.inferenceImagesPerSecond ?? null,
      trainingSeconds: result?.seconds ?? null,
    };
  }
}
