/**
 * The model repository: what a group keeps of its trainings. A model is a name with versions; a version keeps its files in DATA/models/VERSION, so it
 * outlives the experiment that it came from.
 */
import { copyFile, link, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type {
  ModelChange,
  ModelDetails,
  ModelEntry,
  ModelLogRow,
  ModelVersion,
  ModelVersionChange,
  ModelVersionDetails,
  RegisterRequest,
} from '../../http/library-schemas.ts';
import type { Experiment, Project, RunConfig, TrainResult } from '../../http/schemas.ts';
import { withParticles } from '../../particles.ts';
import type { Collection } from '../../store/collection.ts';
import { makeFolder, syncFile, syncFolder } from '../../store/durable.ts';
import { checkAllowed } from '../experiments/actions.ts';
import type { Experiments, StoredExperiment } from '../experiments/experiments.ts';
import type { Groups } from '../groups/groups.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';

export interface StoredModel {
  id: number;
  name: string;
  groupId: number;
  type: Project['type'];
  model: Project['model'];
  autoDelete: boolean;
  maxVersions: number;
  /** Numbers are not given twice, not even after a delete. */
  lastVersion: number;
  ownerId: number;
  createdAt: string;
  updatedAt: string;
}

export interface StoredVersion {
  id: number;
  modelId: number;
  version: number;
  ownerId: number;
  experimentId: number;
  /** What the experiment was before it was published, and will be again when it stands for no version any more. */
  statusBefore: Experiment['status'];
  experimentName: string;
  datasetName: string;
  algorithm: string;
  parameters: RunConfig['parameters'];
  description: string;
  tags: string[];
  sizeBytes: number;
  result: TrainResult;
  log: { at: string; ko: string; en: string; modifierId: number }[];
  createdAt: string;
  updatedAt: string;
}

export type ModelFile = 'model.onnx' | 'weights.safetensors';
const DOWNLOADED: { [F in ModelFile]: { ko: string; en: string } } = {
  'model.onnx': { ko: 'ONNX 형식으로 다운로드했습니다.', en: 'Downloaded as ONNX.' },
  'weights.safetensors': { ko: 'PyTorch 형식(safetensors)으로 다운로드했습니다.', en: 'Downloaded in the format of PyTorch (safetensors).' },
};
const FILES: readonly ModelFile[] = ['model.onnx', 'weights.safetensors'];
const MAX_VERSIONS = 10;
/** Of a version; older lines are dropped. */
const LOG_LINES = 500;

export interface ModelServices {
  models: Collection<StoredModel>;
  versions: Collection<StoredVersion>;
  /** DATA/models */
  dir: string;
  experiments: Experiments;
  projects: Projects;
  groups: Groups;
  users: Users;
  events: EventBus;
}

export class Models {
  readonly #services: ModelServices;
  readonly #models: Collection<StoredModel>;
  readonly #versions: Collection<StoredVersion>;
  /** Registering and deleting happen one after another: numbers and limits depend on what is there. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(services: ModelServices) {
    this.#services = services;
    this.#models = services.models;
    this.#versions = services.versions;
  }

  // ---------------------------------------------------------------- looking

  get(id: number): Readonly<StoredModel> | undefined {
    return this.#models.get(id);
  }

  maySee(reader: StoredUser, { groupId }: Readonly<StoredModel>): boolean {
    return reader.role === 'admin' || (reader.role === 'developer' && reader.groupIds.includes(groupId));
  }

  visible(reader: StoredUser, id: number): Readonly<StoredModel> {
    const model = this.#models.get(id);
    if (model === undefined || !this.maySee(reader, model)) throw new StudioError('not_found');
    return model;
  }

  #visibleVersion(reader: StoredUser, id: number): { version: Readonly<StoredVersion>; model: Readonly<StoredModel> } {
    const version = this.#versions.get(id);
    if (version === undefined) throw new StudioError('not_found');
    return { version, model: this.visible(reader, version.modelId) };
  }

  /** Of the reader's groups, the one that was changed last first. */
  list(reader: StoredUser): ModelEntry[] {
    return this.#models
      .filter((model) => this.maySee(reader, model))
      .map((model) => this.view(reader, model))
      .sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  }

  view(reader: StoredUser, model: Readonly<StoredModel>): ModelEntry {
    const { lastVersion, ...plain } = model;
    const { groups, users } = this.#services;
    const versions = this.#of(model.id);
    return {
      ...plain,
      groupName: groups.nameOf(model.groupId),
      versions: versions.length,
      latestVersion: versions.at(-1)?.version ?? null,
      nextVersion: lastVersion + 1,
      ownerName: users.nameOf(model.ownerId),
      editable: mayChange(reader, model),
    };
  }

  details(reader: StoredUser, id: number): ModelDetails {
    const model = this.visible(reader, id);
    const versions = this.#of(id).map((version) => this.#versionView(version));
    return { model: this.view(reader, model), versions: versions.reverse() };
  }

  version(reader: StoredUser, id: number): ModelVersionDetails {
    const { model, version } = this.#visibleVersion(reader, id);
    const log = version.log.map(({ modifierId, ...line }, i): ModelLogRow => ({ index: i + 1, ...line, modifier: this.#services.users.nameOf(modifierId) }));
    return { model: this.view(reader, model), version: this.#versionView(version), log };
  }

  /** The versions of a group's models for a problem, the newest first, with their files. */
  usableIn(groupId: number, kind: Project['model']): { version: Readonly<StoredVersion>; name: string; file: string }[] {
    return this.#models
      .filter((model) => model.groupId === groupId && model.type === 'image' && model.model === kind)
      .flatMap((model) =>
        this.#of(model.id).map((version) => ({ version, name: `${model.name} v${version.version}`, file: join(this.#folder(version.id), 'model.onnx') })),
      )
      .reverse();
  }

  #versionView({ ownerId, log: _, statusBefore: __, ...version }: Readonly<StoredVersion>): ModelVersion {
    return { ...version, developerName: this.#services.users.nameOf(ownerId) };
  }

  /** Oldest first. */
  #of(modelId: number): Readonly<StoredVersion>[] {
    return this.#versions.filter((version) => version.modelId === modelId).sort((a, b) => a.version - b.version);
  }

  #folder(versionId: number): string {
    return join(this.#services.dir, String(versionId));
  }

  // ---------------------------------------------------------------- what the buttons do

  /** Register Model: the experiment becomes published. Throws experiment_refused, model_not_usable, model_name_taken, model_problem or not_found. */
  register(reader: StoredUser, experimentId: number, request: RegisterRequest): Promise<ModelVersionDetails> {
    return this.#inTurn(async () => {
      const { experiments, projects } = this.#services;
      const experiment = experiments.may(reader, experimentId, 'register');
      const { groupId, type, model: kind } = projects.editable(reader, experiment.projectId);
      const result = await experiments.result(experiment);
      if (result === null || experiment.config === null) throw new StudioError('model_not_usable');

      const at = new Date().toISOString();
      const id = await this.#versions.nextId();
      let model: Readonly<StoredModel>;
      if ('modelId' in request) {
        model = this.visible(reader, request.modelId);
        if (model.groupId !== groupId) throw new StudioError('not_found');
        if (model.type !== type || model.model !== kind) {
          throw new StudioError('model_problem', { name: model.name, own: `${model.type} / ${model.model}`, project: `${type} / ${kind}` });
        }
      } else {
        const name = request.name.trim();
        this.#checkName(name, groupId, null);
        const settings = { autoDelete: false, maxVersions: MAX_VERSIONS, lastVersion: 0, ownerId: reader.id, createdAt: at, updatedAt: at };
        model = await this.#models.add((modelId) => ({ id: modelId, name, groupId, type, model: kind, ...settings }));
      }
      try {
        await this.#addVersion(id, reader, model, experiment, result, at);
        await experiments.update(experimentId, (before) => ({ ...before, status: 'published' }));
      } catch (error) {
        await this.#takeBack(id, model);
        throw error;
      }
      await this.#prune(model.id);
      this.#changed(model.id);
      return this.version(reader, id);
    });
  }

  /** Of a version that nobody was told of, and of a model that was made for it. What cannot be taken back now goes at the next start. */
  async #takeBack(id: number, model: Readonly<StoredModel>): Promise<void> {
    await this.#versions.delete(id).catch(() => {});
    await rm(this.#folder(id), { recursive: true, force: true }).catch(() => {});
    if (model.lastVersion === 0) await this.#models.delete(model.id).catch(() => {});
  }

  async #addVersion(
    id: number,
    reader: StoredUser,
    model: Readonly<StoredModel>,
    experiment: Readonly<StoredExperiment>,
    result: TrainResult,
    at: string,
  ): Promise<void> {
    checkAllowed(experiment, 'register');
    const out = this.#services.experiments.outFolder(experiment);
    const folder = this.#folder(id);
    await makeFolder(folder);
    for (const name of FILES) await linkOrCopy(join(out, name), join(folder, name));
    await syncFolder(folder);
    const version = model.lastVersion + 1;
    await this.#versions.put({
      id,
      modelId: model.id,
      version,
      ownerId: reader.id,
      experimentId: experiment.id,
      statusBefore: experiment.status,
      experimentName: experiment.name,
      datasetName: `${experiment.datasetName} / v${experiment.datasetVersion}`,
      algorithm: experiment.config!.algorithm,
      parameters: experiment.config!.parameters,
      description: '',
      tags: [],
      sizeBytes: (await stat(join(folder, 'model.onnx'))).size,
      result,
      log: [
        {
          at,
          ko: withParticles(`${experiment.name}을(를) 버전 ${version}(으)로 등록했습니다.`),
          en: `Registered ${experiment.name} as version ${version}.`,
          modifierId: reader.id,
        },
      ],
      createdAt: at,
      updatedAt: at,
    });
    // Behind the version: a model that says it had none never had one.
    await this.#models.update(model.id, (before) => ({ ...before, lastVersion: version, updatedAt: at }));
  }

  /** Name, auto delete and maximum of versions. Throws not_the_owner or model_name_taken. */
  change(reader: StoredUser, id: number, change: ModelChange): Promise<ModelDetails> {
    return this.#inTurn(async () => {
      const model = this.visible(reader, id);
      if (!mayChange(reader, model)) throw new StudioError('not_the_owner');
      const name = change.name?.trim() ?? model.name;
      if (change.name !== undefined) this.#checkName(name, model.groupId, id);
      await this.#models.update(id, (before) => ({ ...before, ...change, name, updatedAt: new Date().toISOString() }));
      await this.#prune(id);
      this.#changed(id);
      return this.details(reader, id);
    });
  }

  /** Description and tags. Throws not_the_owner. */
  async changeVersion(reader: StoredUser, id: number, { description, tags }: ModelVersionChange): Promise<ModelVersionDetails> {
    const { model, version } = this.#visibleVersion(reader, id);
    if (!mayChange(reader, model) && reader.id !== version.ownerId) throw new StudioError('not_the_owner');
    const at = new Date().toISOString();
    const told: { ko: string; en: string }[] = [];
    if (description !== undefined && description !== version.description) told.push({ ko: 'Description을 변경했습니다.', en: 'Changed the description.' });
    const unique = tags === undefined ? undefined : [...new Set(tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))];
    if (unique !== undefined && unique.join('\n') !== version.tags.join('\n')) {
      const list = unique.join(', ') || '-';
      told.push({ ko: `Tag를 변경했습니다: ${list}`, en: `Changed the tags: ${list}` });
    }
    if (told.length > 0) {
      await this.#versions.update(id, (before) => ({
        ...before,
        description: description ?? before.description,
        tags: unique ?? before.tags,
        log: [...before.log, ...told.map((text) => ({ at, ...text, modifierId: reader.id }))].slice(-LOG_LINES),
        updatedAt: at,
      }));
      this.#changed(model.id);
    }
    return this.version(reader, id);
  }

  maySeeVersion(reader: StoredUser, id: number): boolean {
    const model = this.#models.get(this.#versions.get(id)?.modelId ?? 0);
    return model !== undefined && this.maySee(reader, model);
  }

  /** Weights that a training can begin with: of the reader's groups, the newest version of each model first. */
  starts(reader: StoredUser): { id: number; name: string; architecture: string; classes: number }[] {
    return [...this.#versions.all()]
      .filter(({ id }) => this.maySeeVersion(reader, id))
      .reverse()
      .map(({ id, algorithm, result }) => ({ id, name: this.start(id)!.name, architecture: algorithm, classes: result.classes.length }));
  }

  /** undefined where there is no such version. */
  start(id: number): { file: string; name: string; architecture: string } | undefined {
    const version = this.#versions.get(id);
    const model = this.#models.get(version?.modelId ?? 0);
    if (version === undefined || model === undefined) return undefined;
    return { file: join(this.#folder(id), 'weights.safetensors'), name: `${model.name} v${version.version}`, architecture: version.algorithm };
  }

  /** A file to be downloaded; the download is noted in the version's log. */
  async file(reader: StoredUser, id: number, file: ModelFile): Promise<{ path: string; name: string }> {
    const { model, version } = this.#visibleVersion(reader, id);
    const line = { at: new Date().toISOString(), ...DOWNLOADED[file], modifierId: reader.id };
    await this.#versions.update(id, (before) => ({ ...before, log: [...before.log, line].slice(-LOG_LINES) }));
    this.#changed(model.id);
    const extension = file.slice(file.lastIndexOf('.'));
    return { path: join(this.#folder(id), file), name: `${model.name}-v${version.version}${extension}` };
  }

  /** Throws not_the_owner or model_in_use. */
  deleteVersion(reader: StoredUser, id: number): Promise<void> {
    return this.#inTurn(async () => {
      const { model, version } = this.#visibleVersion(reader, id);
      if (!mayChange(reader, model) && reader.id !== version.ownerId) throw new StudioError('not_the_owner');
      this.#checkUnused([version]);
      await this.#remove(version);
      this.#changed(model.id);
    });
  }

  /** With all versions. Throws not_the_owner or model_in_use. */
  delete(reader: StoredUser, id: number): Promise<void> {
    return this.#inTurn(async () => {
      const model = this.visible(reader, id);
      if (!mayChange(reader, model)) throw new StudioError('not_the_owner');
      this.#checkUnused(this.#of(id));
      for (const version of this.#of(id)) await this.#remove(version);
      await this.#models.delete(id);
      this.#services.events.emit('change', { kind: 'model', id, projectId: null, deleted: true, audience: { groupId: model.groupId } });
    });
  }

  // ---------------------------------------------------------------- inside

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #checkName(name: string, groupId: number, self: number | null): void {
    const wanted = name.toLowerCase();
    const taken = this.#models.find((model) => model.id !== self && model.groupId === groupId && model.name.toLowerCase() === wanted);
    if (taken !== undefined) throw new StudioError('model_name_taken', { name });
  }

  /** The trainings that are going on and begin with a version. */
  #usesOf({ id }: Readonly<StoredVersion>): string[] {
    return this.#services.experiments.beginningWith({ kind: 'model', id });
  }

  #checkUnused(versions: readonly Readonly<StoredVersion>[]): void {
    for (const version of versions) {
      const [name] = this.#usesOf(version);
      if (name !== undefined) throw new StudioError('model_in_use', { version: version.version, name });
    }
  }

  /** Deletes the oldest versions that are too many, where the model says so; one that a training begins with stays until the next time. */
  async #prune(id: number): Promise<void> {
    const model = this.#models.get(id);
    if (model === undefined || !model.autoDelete) return;
    const versions = this.#of(id);
    for (const version of versions.slice(0, Math.max(0, versions.length - model.maxVersions))) {
      if (this.#usesOf(version).length === 0) await this.#remove(version);
    }
  }

  async #remove({ id, experimentId, statusBefore }: Readonly<StoredVersion>): Promise<void> {
    // The experiment first: a crash behind it leaves a version, which publishes the experiment again.
    if (this.#versions.find((version) => version.experimentId === experimentId && version.id !== id) === undefined) {
      await this.#services.experiments.update(experimentId, (before) =>
        before.status === 'published' ? { ...before, status: statusBefore } : (before as StoredExperiment),
      );
    }
    await this.#versions.delete(id);
    await rm(this.#folder(id), { recursive: true, force: true });
  }

  #changed(id: number): void {
    const groupId = this.#models.get(id)?.groupId ?? 0;
    this.#services.events.emit('change', { kind: 'model', id, projectId: null, deleted: false, audience: { groupId } });
  }

  /** Puts right what a crash left between the records. */
  async recover(): Promise<void> {
    const { dir, experiments } = this.#services;
    for (const name of await readdir(dir)) {
      if (this.#versions.get(Number(name)) === undefined) await rm(join(dir, name), { recursive: true, force: true });
    }
    for (const { id, lastVersion } of [...this.#models.all()]) {
      const newest = this.#of(id).at(-1)?.version ?? 0;
      if (lastVersion === 0 && newest === 0) await this.#models.delete(id);
      else if (newest > lastVersion) await this.#models.update(id, (before) => ({ ...before, lastVersion: newest }));
    }
    for (const version of [...this.#versions.all()]) {
      if (this.#models.get(version.modelId) === undefined) await this.#remove(version);
      else if (experiments.get(version.experimentId)?.status === version.statusBefore) {
        await experiments.update(version.experimentId, (before) => ({ ...before, status: 'published' }));
      }
    }
  }
}

const mayChange = (reader: StoredUser, { ownerId }: Readonly<StoredModel>) => reader.role === 'admin' || reader.id === ownerId;

/** Both names then stand for the same bytes, which nobody changes; a copy where the file system cannot do that. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new StudioError('model_unreadable');
    await copyFile(from, to);
    await syncFile(to);
  }
}
