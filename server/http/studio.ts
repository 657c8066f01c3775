/** What the routes work with: the services of the studio, made in main.ts. */
import type { EventBus } from '../events.ts';
import type { Devices } from '../queue/devices.ts';
import type { Presets } from '../queue/presets.ts';
import type { Automl } from '../studio/automl/automl.ts';
import type { DatasetLabels } from '../studio/datasets/dataset-labels.ts';
import type { Datasets } from '../studio/datasets/datasets.ts';
import type { Algorithms } from '../studio/experiments/algorithms.ts';
import type { Experiments } from '../studio/experiments/experiments.ts';
import type { Groups } from '../studio/groups/groups.ts';
import type { Hpo } from '../studio/hpo/hpo.ts';
import type { Inferences } from '../studio/inferences/inferences.ts';
import type { Jobs } from '../studio/jobs/jobs.ts';
import type { Models } from '../studio/models/models.ts';
import type { Monitor } from '../studio/monitor/monitor.ts';
import type { Notifications } from '../studio/notifications/notifications.ts';
import type { Sessions } from '../studio/people/sessions.ts';
import type { StoredUser, Users } from '../studio/people/users.ts';
import type { Preflights } from '../studio/preflight/preflights.ts';
import type { Preprocess } from '../studio/preprocess/preprocess.ts';
import type { Projects } from '../studio/projects/projects.ts';
import type { TableDatasets } from '../studio/tables/datasets.ts';
import type { TablePreviews } from '../studio/tables/previews.ts';
import type { Tables } from '../studio/tables/tables.ts';
import type { Templates } from '../studio/templates/templates.ts';
import type { Uploads } from '../studio/uploads/uploads.ts';
import type { Changes } from './changes.ts';

export interface Studio {
  version: string;
  events: EventBus;
  users: Users;
  sessions: Sessions;
  groups: Groups;
  projects: Projects;
  uploads: Uploads;
  datasets: Datasets;
  tableDatasets: TableDatasets;
  tablePreviews: TablePreviews;
  tables: Tables;
  datasetLabels: DatasetLabels;
  experiments: Experiments;
  automl: Automl;
  hpo: Hpo;
  preflights: Preflights;
  preprocess: Preprocess;
  templates: Templates;
  models: Models;
  algorithms: Algorithms;
  presets: Presets;
  inferences: Inferences;
  jobs: Jobs;
  monitor: Monitor;
  devices: Devices;
  notifications: Notifications;
  /** A record as a person may see it; null where it is not there or not for this person. */
  look<K extends keyof Changes>(kind: K, reader: StoredUser, id: number): Changes[K] | null;
}
