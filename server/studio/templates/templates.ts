/**
 * Templates: the settings of a training that went well, kept for a group and used again with other data. A template keeps a copy of all that it shows, so it
 * stays as it is when its experiment is deleted: the settings in its record, graph and result in DATA/templates/ID.json.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { Template, TemplateDetails } from '../../http/library-schemas.ts';
import type { Chain } from '../../http/preprocess-schemas.ts';
import type { EpochRow, Experiment, Failure, Project, RunConfig, TrainResult } from '../../http/schemas.ts';
import type { Presets } from '../../queue/presets.ts';
import type { Collection } from '../../store/collection.ts';
import { writeDurably } from '../../store/durable.ts';
import { sizeOf } from '../../store/size.ts';
import type { Datasets } from '../datasets/datasets.ts';
import { algorithmExists } from '../experiments/algorithms.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { Trainings } from '../experiments/trainings.ts';
import type { Groups } from '../groups/groups.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects, StoredProject } from '../projects/projects.ts';

export interface StoredTemplate {
  id: number;
  name: string;
  groupId: number;
  type: Project['type'];
  model: Project['model'];
  experimentName: string;
  datasetName: string;
  config: RunConfig;
  /** Absent in templates of before data could be preprocessed. */
  chain?: Chain | null;
  ownerId: number;
  createdAt: string;
}

interface Kept {
  epochs: EpochRow[];
  result: TrainResult | null;
  modelBytes: number | null;
}

export interface TemplateServices {
  templates: Collection<StoredTemplate>;
  /** DATA/templates */
  dir: string;
  experiments: Experiments;
  trainings: Trainings;
  datasets: Datasets;
  projects: Projects;
  groups: Groups;
  users: Users;
  presets: Presets;
  events: EventBus;
}

export class Templates {
  readonly #services: TemplateServices;
  readonly #templates: Collection<StoredTemplate>;

  constructor(services: TemplateServices) {
    this.#services = services;
    this.#templates = services.templates;
  }

  // ---------------------------------------------------------------- looking

  get(id: number): Readonly<StoredTemplate> | undefined {
    return this.#templates.get(id);
  }

  maySee(reader: StoredUser, { groupId }: Readonly<StoredTemplate>): boolean {
    return reader.role === 'admin' || (reader.role === 'developer' && reader.groupIds.includes(groupId));
  }

  visible(reader: StoredUser, id: number): Readonly<StoredTemplate> {
    const template = this.#templates.get(id);
    if (template === undefined || !this.maySee(reader, template)) throw new StudioError('not_found');
    return template;
  }

  /** Of the reader's groups, newest first. With a project: of its group, each with why it does not fit where it does not. */
  list(reader: StoredUser, projectId?: number): Template[] {
    const project = projectId === undefined ? undefined : this.#services.projects.visible(reader, projectId);
    return this.#templates
      .filter((template) => this.maySee(reader, template) && (project === undefined || template.groupId === project.groupId))
      .map((template) => this.view(reader, template, project))
      .reverse();
  }

  view(reader: StoredUser, template: Readonly<StoredTemplate>, project?: Readonly<StoredProject>): Template {
    const { config, ...plain } = template;
    const { groups, users } = this.#services;
    return {
      ...plain,
      chain: template.chain ?? null,
      groupName: groups.nameOf(template.groupId),
      algorithm: config.algorithm,
      ownerName: users.nameOf(template.ownerId),
      editable: mayChange(reader, template),
      misfit: project === undefined ? null : this.#misfit(reader, template, project),
    };
  }

  /** With a project: also why it does not fit it, where it does not. */
  async details(reader: StoredUser, id: number, projectId?: number): Promise<TemplateDetails> {
    const template = this.visible(reader, id);
    const project = projectId === undefined ? undefined : this.#services.projects.visible(reader, projectId);
    const kept = await readFile(this.#file(id), 'utf8').then(
      (text) => JSON.parse(text) as Kept,
      (): Kept => ({ epochs: [], result: null, modelBytes: null }),
    );
    const preset = this.#services.presets.list().find(({ name }) => name === template.config.preset) ?? null;
    return { template: this.view(reader, template, project), config: template.config, preset, ...kept };
  }

  #file(id: number): string {
    return join(this.#services.dir, `${id}.json`);
  }

  /** Why a training of this project cannot be started from the template; null where it can. */
  #misfit(reader: StoredUser, template: Readonly<StoredTemplate>, project: Readonly<StoredProject>): Failure | null {
    try {
      this.#checkFit(reader, template, project);
      return null;
    } catch (error) {
      return failureOf(error);
    }
  }

  #checkFit(reader: StoredUser, { name, type, model, groupId, config }: Readonly<StoredTemplate>, project: Readonly<StoredProject>): void {
    if (type !== project.type || model !== project.model) {
      throw new StudioError('template_problem', { name, own: `${type} / ${model}`, project: `${project.type} / ${project.model}` });
    }
    if (groupId !== project.groupId) throw new StudioError('template_group', { name, group: this.#services.groups.nameOf(groupId) });
    if (!algorithmExists(config.algorithm)) throw new StudioError('algorithm_unknown', { name: config.algorithm });
    this.#services.presets.need(config.preset);
    this.#services.trainings.startOf(reader, config);
  }

  // ---------------------------------------------------------------- what the buttons do

  /** Save as a template. Throws experiment_refused, template_name_taken. */
  async add(reader: StoredUser, experimentId: number, name: string): Promise<Template> {
    const { experiments, projects, events } = this.#services;
    const experiment = experiments.may(reader, experimentId, 'template');
    const project = projects.editable(reader, experiment.projectId);
    if (experiment.config === null) throw new StudioError('model_not_usable');
    const { config, name: experimentName, datasetName, datasetVersion } = experiment;
    const wanted = name.trim();
    this.#checkName(wanted, project.groupId);
    const kept: Kept = {
      epochs: await experiments.epochs(experiment),
      result: await experiments.result(experiment),
      modelBytes: experiment.usable ? await sizeOf(join(experiments.outFolder(experiment), 'model.onnx')) : null,
    };
    const done = this.#services.datasets.chainOf(experiment.datasetId);
    const chain = done.length === 0 ? null : done;
    const id = await this.#templates.nextId();
    await writeDurably(this.#file(id), `${JSON.stringify(kept)}\n`);
    this.#checkName(wanted, project.groupId);
    const template = await this.#templates.put({
      id,
      name: wanted,
      groupId: project.groupId,
      type: project.type,
      model: project.model,
      experimentName,
      datasetName: `${datasetName} / v${datasetVersion}`,
      config,
      chain,
      ownerId: reader.id,
      createdAt: new Date().toISOString(),
    });
    events.emit('change', { kind: 'template', id, projectId: null, deleted: false, audience: { groupId: project.groupId } });
    return this.view(reader, template);
  }

  #checkName(name: string, groupId: number): void {
    const taken = this.#templates.find((template) => template.groupId === groupId && template.name.toLowerCase() === name.toLowerCase());
    if (taken !== undefined) throw new StudioError('template_name_taken', { name });
  }

  /** Start in template mode. Throws template_problem, template_group, and what a Run throws. */
  async run(reader: StoredUser, experimentId: number, templateId: number): Promise<Experiment> {
    const { experiments, trainings, projects } = this.#services;
    const draft = experiments.may(reader, experimentId, 'run');
    const template = this.visible(reader, templateId);
    this.#checkFit(reader, template, projects.editable(reader, draft.projectId));
    return trainings.run(reader, experimentId, template.config, template.name);
  }

  /** Throws not_the_owner. */
  async delete(reader: StoredUser, id: number): Promise<void> {
    const template = this.visible(reader, id);
    if (!mayChange(reader, template)) throw new StudioError('not_the_owner');
    await this.#templates.delete(id);
    await rm(this.#file(id), { force: true });
    this.#services.events.emit('change', { kind: 'template', id, projectId: null, deleted: true, audience: { groupId: template.groupId } });
  }

  /** Removes what a crash left without a record. */
  async recover(): Promise<void> {
    for (const name of await readdir(this.#services.dir)) {
      if (this.#templates.get(Number.parseInt(name, 10)) === undefined) await rm(join(this.#services.dir, name), { force: true });
    }
  }
}

const mayChange = (reader: StoredUser, { ownerId }: Readonly<StoredTemplate>) => reader.role === 'admin' || reader.id === ownerId;
