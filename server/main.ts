/** The daemon's composition root: reads the settings, opens the stores, wires the services together and listens. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, ConfigError, readConfig, USAGE } from './config.ts';
import { readGpuProcesses } from './engine/devices/gpus.ts';
import { EventBus } from './events.ts';
import { buildApp } from './http/app.ts';
import type { Changes } from './http/changes.ts';
import type { Studio } from './http/studio.ts';
import { LogFile } from './log.ts';
import { mayPass } from './queue/again.ts';
import { Allocation } from './queue/allocation.ts';
import { Cgroups } from './queue/cgroups.ts';
import { Devices } from './queue/devices.ts';
import { GpuWatchdog } from './queue/gpu-watchdog.ts';
import type { StoredJob } from './queue/jobs.ts';
import { KnownGpus, type LastGpus } from './queue/known-gpus.ts';
import { boxOf, type EditedPresets, Presets } from './queue/presets.ts';
import { PreviewProcess } from './queue/preview-process.ts';
import { isActive, Queue } from './queue/queue.ts';
import { Collection, Document } from './store/collection.ts';
import { DamagedFileError, makeFolder, removeLeftovers } from './store/durable.ts';
import { Journal } from './store/journal.ts';
import { FolderInUseError, lockFolder } from './store/lock.ts';
import { Reserve } from './store/reserve.ts';
import { Annotation } from './studio/annotation/annotation.ts';
import type { StoredTask } from './studio/annotation/task.ts';
import { Automl } from './studio/automl/automl.ts';
import { DatasetDeletion } from './studio/datasets/dataset-deletion.ts';
import { DatasetJobs } from './studio/datasets/dataset-jobs.ts';
import { DatasetLabels } from './studio/datasets/dataset-labels.ts';
import { DatasetPictures } from './studio/datasets/dataset-pictures.ts';
import { Datasets, type StoredDataset } from './studio/datasets/datasets.ts';
import { LabelSets, PictureSets } from './studio/datasets/open-sets.ts';
import { Thumbnails } from './studio/datasets/thumbnails.ts';
import { Trash, type TrashedDataset } from './studio/datasets/trash.ts';
import { type CountedTime, TrashClock } from './studio/datasets/trash-clock.ts';
import { Algorithms } from './studio/experiments/algorithms.ts';
import { Experiments, OWN_JOBS, type StoredExperiment } from './studio/experiments/experiments.ts';
import { Trainings } from './studio/experiments/trainings.ts';
import { Groups, type StoredGroup } from './studio/groups/groups.ts';
import { Hpo } from './studio/hpo/hpo.ts';
import { Inferences, type StoredInference } from './studio/inferences/inferences.ts';
import { Jobs } from './studio/jobs/jobs.ts';
import { KioskStations, kioskSecret, type StoredKeys, type StoredStation } from './studio/kiosk/stations.ts';
import { KioskWorks, type Leases } from './studio/kiosk/work.ts';
import { Models, type StoredModel, type StoredVersion } from './studio/models/models.ts';
import { Monitor } from './studio/monitor/monitor.ts';
import { Notifications, type StoredNotification } from './studio/notifications/notifications.ts';
import { Sessions, type StoredSession } from './studio/people/sessions.ts';
import { type Failures, SignInThrottle } from './studio/people/throttle.ts';
import { type AuditEntry, type StoredUser, Users } from './studio/people/users.ts';
import { Preflights } from './studio/preflight/preflights.ts';
import { Preprocess } from './studio/preprocess/preprocess.ts';
import { Projects, type StoredProject } from './studio/projects/projects.ts';
import { TableDatasets } from './studio/tables/datasets.ts';
import { TablePreviews } from './studio/tables/previews.ts';
import { Tables } from './studio/tables/tables.ts';
import { type StoredTemplate, Templates } from './studio/templates/templates.ts';
import { Uploads } from './studio/uploads/uploads.ts';
import { Starts } from './studio/weights/starts.ts';
import { NO_PROJECT, PretrainedWeights, type StoredWeights } from './studio/weights/weights.ts';

const HERE = dirname(fileURLToPath(import.meta.url));

async function start(config: Config, version: string): Promise<void> {
  const data = resolve(config.server.data);
  await makeFolder(data);
  const reserve = new Reserve(data, 'reserve');
  const reserveToSignIn = new Reserve(data, 'reserve-sign-in');
  await reserve.giveUpIfShort();
  const unlock = await lockFolder(data);
  await removeLeftovers(data);
  const log = config.log.output === 'stdout' ? process.stdout : new LogFile(join(data, 'logs'), config.log.max_bytes);
  const logError = (about: string, error: unknown) => {
    const err = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.write(`${JSON.stringify({ level: 50, time: Date.now(), msg: about, err })}\n`);
  };
  const events = new EventBus((error) => logError('a listener failed', error));
  const folder = async (name: string) => {
    await makeFolder(join(data, name));
    return join(data, name);
  };

  const db = await folder('db');
  const sessions = new Sessions(await Collection.open<StoredSession>(db, 'sessions'), config.session, events);
  const throttle = new SignInThrottle(await Document.open<Failures>(join(db, 'sign-in-failures.json'), {}), config.session);
  const audit = await Journal.open<AuditEntry>(join(db, 'audit.jsonl'));
  const groups: Groups = new Groups(await Collection.open<StoredGroup>(db, 'groups'), (groupId) => users.membersOf(groupId));
  const users: Users = new Users(
    await Collection.open<StoredUser>(db, 'users'),
    sessions,
    throttle,
    audit,
    {
      makeFirstGroup: () => groups.makeFirst(),
      groupExists: (id) => groups.exists(id),
      countOwnedProjects: (id) => projects.countOwnedBy(id),
      makeRoom: () => reserveToSignIn.giveUp(),
    },
    config.server.language,
  );
  const notifications = new Notifications(await Collection.open<StoredNotification>(db, 'notifications'), events, (error, about) => logError(about, error));
  const projects: Projects = new Projects(await Collection.open<StoredProject>(db, 'projects'), users, groups, events, {
    // A search keeps its project busy between two trainings and while it waits for Submit.
    countActiveJobs: (id) => Math.max(queue.countActive(id), hpo.countLive(id)),
    checkNotNeeded: (id) => datasetDeletion.checkNotSharedInUse(id),
    deleteContents: async (id) => {
      await inferences.deleteAllOf(id);
      await experiments.deleteAllOf(id);
      await annotation.deleteWhere(({ projectId }) => projectId === id);
      await datasetDeletion.deleteAllOf(id);
      await jobs.deleteAllOf(id);
    },
  });

  const knownGpus = new KnownGpus(await Document.open<LastGpus>(join(db, 'gpus.json'), { gpus: [] }), (error, about) => logError(about, error));
  const found = config.box.gpus === 0 ? { gpus: [], known: true } : await knownGpus.find();
  // Of GPUs that the settings count themselves none is missing.
  const allocation = new Allocation(boxOf(config, found.gpus), found.known, config.box.gpus === 'auto' ? knownGpus.seen : []);
  const devices = new Devices({
    setting: config.box.device,
    get hasGpu() {
      return allocation.box.gpus.length > 0;
    },
    log: (error, about) => logError(about, error),
  });
  const presetUses = (name: string) => {
    const waits = queue.filter((job) => isActive(job) && job.resources.preset === name).length;
    return Math.max(waits, experiments.countActiveWith(name));
  };
  const editedPresets = await Document.open<EditedPresets>(join(db, 'presets.json'), { presets: null });
  const presets = new Presets(config.preset, editedPresets, allocation, presetUses, (names) => events.emit('presetsChanged', { names }));
  const queue: Queue = new Queue({
    jobs: await Collection.open<StoredJob>(db, 'jobs'),
    dir: await folder('jobs'),
    cache: await folder('cache'),
    settings: config.queue,
    allocation,
    devices,
    events,
    audience: (projectId) => projects.audience(projectId),
    cgroups: await Cgroups.find((error, about) => logError(about, error)),
    gpuWatchdog: new GpuWatchdog(readGpuProcesses),
    log: (error, about) => logError(about, error),
  });
  const jobs = new Jobs(queue, projects, users);
  const uploads = new Uploads(await folder('uploads'), config.upload);
  const previews = new PreviewProcess();
  const pictures = new PictureSets(new Thumbnails(previews));
  const labelSets = new LabelSets();
  const limits = {
    maxFiles: config.upload.max_files,
    maxUnpackedBytes: config.upload.max_unpacked_bytes,
    maxFileBytes: config.upload.max_file_bytes,
    maxPixels: config.upload.max_picture_pixels,
    maxSide: config.pictures.max_side,
  };
  const tableLimits = {
    limits: { ...limits, maxFileBytes: config.upload.max_unpacked_bytes },
    table: { maxRows: config.tables.max_rows, maxColumns: config.tables.max_columns, maxCells: config.tables.max_cells },
  };
  const trashClock = new TrashClock(await Document.open<CountedTime>(join(db, 'trash-clock.json'), { ms: 0, at: new Date().toISOString() }));
  const trash = new Trash(await Collection.open<TrashedDataset>(db, 'trash'), trashClock, config.trash.keep_days);
  const datasets = new Datasets({
    datasets: await Collection.open<StoredDataset>(db, 'datasets'),
    trash,
    dir: await folder('datasets'),
    projects,
    users,
    events,
  });
  const datasetPictures = new DatasetPictures(datasets, pictures, labelSets);
  const datasetJobs = new DatasetJobs({ datasets, queue, uploads, projects, notifications, limits });
  const datasetDeletion: DatasetDeletion = new DatasetDeletion({
    datasets,
    trash,
    queue,
    projects,
    users,
    pictures,
    usesOf: (id) => [...experiments.usesOf(id), ...inferences.usesOf(id), ...annotation.tasks.usesOf(id)],
    forget: (id) => tables.drop(id),
    gone: (id) => annotation.deleteWhere(({ datasetId }) => datasetId === id),
  });
  const tables: Tables = new Tables(datasets, previews);
  const tablePreviews = new TablePreviews(queue, projects, uploads, tableLimits);
  const tableDatasets = new TableDatasets(datasetJobs, projects, uploads, tableLimits);
  const experimentRecords = await Collection.open<StoredExperiment>(db, 'experiments');
  const experiments: Experiments = new Experiments({
    experiments: experimentRecords,
    queue,
    jobs,
    projects,
    datasets,
    users,
    events,
    isInferring: (id) => inferences.isInferring(id),
    deleteInferencesOf: (id) => inferences.deleteOf(id),
    searches: { summary: (id) => hpo.views.summary(id), stop: (id) => hpo.stop(id), forget: (id) => hpo.forget(id) },
  });
  const trainings = new Trainings({
    experiments,
    records: experimentRecords,
    starts: { checked: (reader, start, algorithm) => starts.checked(reader, start, algorithm), work: (start) => starts.work(start) },
    queue,
    presets,
    projects,
    datasets,
    notifications,
    log: (error, about) => logError(about, error),
  });
  const hpo: Hpo = new Hpo({
    dir: await folder('studies'),
    settings: config.hpo,
    experiments,
    trainings,
    queue,
    jobs,
    presets,
    projects,
    notifications,
    events,
    log: (error, about) => logError(about, error),
  });
  const templates = new Templates({
    templates: await Collection.open<StoredTemplate>(db, 'templates'),
    dir: await folder('templates'),
    experiments,
    trainings,
    datasets,
    projects,
    groups,
    users,
    presets,
    events,
  });
  const models = new Models({
    models: await Collection.open<StoredModel>(db, 'models'),
    versions: await Collection.open<StoredVersion>(db, 'model-versions'),
    dir: await folder('models'),
    experiments,
    projects,
    groups,
    users,
    events,
  });
  const weights = new PretrainedWeights({
    weights: await Collection.open<StoredWeights>(db, 'weights'),
    dir: await folder('weights'),
    queue,
    uploads,
    users,
    notifications,
    usesOf: (start) => experiments.beginningWith(start),
  });
  const starts: Starts = new Starts(weights, models);
  const preflights = new Preflights(experiments, trainings, queue, presets);
  const preprocess = new Preprocess({ datasets, datasetJobs, projects, previews, maxPictures: limits.maxFiles, tableLimits: tableLimits.table });
  const inferences: Inferences = new Inferences({
    inferences: await Collection.open<StoredInference>(db, 'inferences'),
    queue,
    projects,
    datasets,
    experiments,
    uploads,
    pictures,
    notifications,
    events,
    limits,
  });
  const datasetLabels = new DatasetLabels({
    datasets,
    queue,
    uploads,
    pictures,
    labelSets,
    previews,
    projects,
    notifications,
    limits,
    downloads: config.download,
    inUse: (id, revision) => experiments.usesLabels(id, revision) || inferences.usesLabels(id, revision),
    isAnnotated: (id) => annotation.tasks.isWorking(id),
  });
  const annotation: Annotation = new Annotation({
    tasks: await Collection.open<StoredTask>(db, 'annotation'),
    dir: await folder('annotation'),
    datasets,
    datasetPictures,
    datasetLabels,
    pictures,
    experiments,
    models,
    projects,
    users,
    notifications,
    queue,
    events,
    log: (error, about) => logError(about, error),
  });
  const stations = new KioskStations({
    stations: await Collection.open<StoredStation>(db, 'kiosk-stations'),
    keys: await Collection.open<StoredKeys>(db, 'kiosk-keys'),
    secret: await kioskSecret(db),
    throttle: new SignInThrottle(await Document.open<Failures>(join(db, 'kiosk-failures.json'), {}), config.session),
    users,
    groups,
    settings: config.kiosk,
  });
  const leases = await Document.open<Leases>(join(db, 'kiosk-leases.json'), { leases: [] });
  const kiosk = { stations, work: new KioskWorks({ leases, annotation, datasets, pictures, users, settings: config.kiosk }) };
  const automl = new Automl({ experiments, trainings, projects, notifications, events, log: (error, about) => logError(about, error) });
  const monitor = new Monitor(data, version);

  /** A record where the reader may see the project that it belongs to. */
  const within = <T extends { projectId: number }, R>(reader: StoredUser, record: T | undefined, view: (record: T) => R): R | null => {
    const project = record === undefined ? undefined : projects.get(record.projectId);
    return record !== undefined && project !== undefined && projects.maySee(reader, project) ? view(record) : null;
  };
  const views: { [K in keyof Changes]: (reader: StoredUser, id: number) => Changes[K] | null } = {
    project: (reader, id) => {
      const project = projects.get(id);
      return project !== undefined && projects.maySee(reader, project) ? projects.view(reader, project) : null;
    },
    dataset: (reader, id) => within(reader, datasets.get(id), (dataset) => datasets.view(dataset)),
    experiment: (reader, id) => within(reader, experiments.get(id), (experiment) => experiments.view(reader, experiment)),
    inference: (reader, id) => within(reader, inferences.get(id), (inference) => inferences.view(inference)),
    job: (reader, id) => within(reader, queue.get(id), (job) => jobs.view(job)),
    annotation: (reader, id) => {
      const task = annotation.tasks.get(id);
      return task !== undefined && annotation.tasks.maySee(reader, task) ? annotation.tasks.view(reader, task) : null;
    },
    notification: (reader, id) => notifications.get(reader.id, id) ?? null,
    template: (reader, id) => {
      const template = templates.get(id);
      return template !== undefined && templates.maySee(reader, template) ? templates.view(reader, template) : null;
    },
    model: (reader, id) => {
      const model = models.get(id);
      return model !== undefined && models.maySee(reader, model) ? models.view(reader, model) : null;
    },
  };
  const studio: Studio = {
    version,
    events,
    users,
    sessions,
    groups,
    projects,
    uploads,
    datasets,
    datasetPictures,
    datasetJobs,
    datasetDeletion,
    tableDatasets,
    tablePreviews,
    tables,
    datasetLabels,
    experiments,
    trainings,
    automl,
    hpo,
    preflights,
    preprocess,
    templates,
    models,
    weights,
    starts,
    algorithms: new Algorithms(allocation),
    presets,
    inferences,
    annotation,
    kiosk,
    jobs,
    monitor,
    devices,
    notifications,
    look: (kind, reader, id) => views[kind](reader, id),
  };

  /** What finds no room must not keep the box from starting: nobody could delete anything then. Damaged files do. */
  const atStart = (about: string, work: Promise<void>) =>
    work.catch((error: unknown) => {
      if (!mayPass(error)) throw error;
      logError(`${about} at the start`, error);
    });
  await atStart('uploads', uploads.removeStale());
  await atStart('datasets', datasetDeletion.recover());
  setInterval(() => datasetDeletion.purgeOverdue().catch((error) => logError('the trash could not be emptied', error)), 3600_000).unref();
  await atStart('labels', datasetLabels.recover());
  await trainings.recover();
  await atStart('AutoML', automl.recover());
  await hpo.recover();
  await atStart('templates', templates.recover());
  await atStart('models', models.recover());
  await atStart('weights', weights.recover());
  await atStart('inferences', inferences.recover());
  await atStart('annotation', annotation.recover());
  await queue.forget(
    ({ kind, projectId, subjectId }) =>
      (projectId !== NO_PROJECT && projects.get(projectId) === undefined) ||
      (OWN_JOBS.has(kind) && experiments.get(subjectId) === undefined) ||
      (kind === 'infer' && inferences.get(subjectId) === undefined),
  );
  await queue.start(
    {
      ingest: datasetJobs.ingestRules,
      sample: datasetJobs.sampleRules,
      table_preview: tablePreviews.rules,
      table: tableDatasets.rules,
      preprocess: preprocess.rules,
      labels: datasetLabels.rules,
      train: trainings.rules,
      trial: hpo.rules,
      preflight: preflights.rules,
      infer: inferences.rules,
      annotate: annotation.auto.rules,
      merge: annotation.completion.rules,
      weights: weights.rules,
    },
    (job) => presets.kept(job),
  );
  if (!found.known) {
    knownGpus.awaitAnswer((gpus) => {
      allocation.know(boxOf(config, gpus));
      queue.gpusHaveChanged();
      events.emit('presetsChanged', { names: presets.list().map(({ name }) => name) });
    });
  }
  await hpo.goOn();
  await monitor.start();
  const cleaning = setInterval(() => {
    uploads.removeStale().catch((error: unknown) => logError('cleaning the uploads', error));
    sessions.endExpired().catch((error: unknown) => logError('ending sessions', error));
  }, 3_600_000);

  const app = await buildApp({ studio, config, pages: join(HERE, '../ui'), log });
  const stop = async () => {
    clearInterval(cleaning);
    monitor.stop();
    await app.close();
    previews.close();
    await queue.close();
    await hpo.close();
    await annotation.close();
    await audit.close();
    await unlock();
  };
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }

  await app.listen({ host: config.server.host, port: config.server.port });
  const { port } = app.server.address() as { port: number };
  const host = ['0.0.0.0', '::', '127.0.0.1'].includes(config.server.host) ? 'localhost' : config.server.host;
  console.log(`AI Studio ${version} is at http://${host}:${port}`);
  if (users.setUpNeeded) console.log(`Set-up code: ${users.newSetUpCode()}   (enter it on the first page; a new one is made at each start until it is used)`);
  else console.log('Ready.');
  const keepReserves = async () => {
    try {
      for (const each of [reserve, reserveToSignIn]) await each.keep();
    } catch (error) {
      logError('a reserve of the disk', error);
    }
  };
  setInterval(keepReserves, 60_000).unref();
  await keepReserves();
}

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(HERE, '../../package.json'), 'utf8')) as { version: string };
  const commandLine = readConfig(process.argv.slice(2), process.env);
  if (commandLine.help) return console.log(USAGE);
  if (commandLine.version) return console.log(version);
  await start(commandLine.config, version);
}

main().catch((error: NodeJS.ErrnoException) => {
  // What a person can put right is said in a sentence; anything else with its stack.
  const expected = error instanceof ConfigError || error instanceof FolderInUseError || error instanceof DamagedFileError;
  if (expected) console.error(error.message);
  else if (error.code === 'EADDRINUSE') console.error(`Another program uses this address already (${error.message}). Choose another port with --port.`);
  else console.error(error);
  process.exit(1);
});
