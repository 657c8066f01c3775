/** What the pages of one experiment ask of it; Run, HPO and the details take these into their components. */
import type { Experiment, ExperimentDetails, Project, TrainResult } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { openMenu } from '../components/menu.ts';
import { keepPlace } from '../frame/place.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { openProject } from '../live/project.ts';
import { icon } from '../mount.ts';
import { exportToExperiment, readOnlyReason } from './dataset-actions.ts';
import { experimentMenu, inferenceAddress, isActive } from './experiment-actions.ts';

interface Of {
  experiment: Experiment | null;
  project: Project | null;
}

/** That a training has learned nothing. `result` is an expression. */
export const warningNotice = (result: string): string =>
  `<p class="notice warn page-notice" role="status" x-show="${result} && ${result}.warning">${icon('triangle-alert')}<span x-text="warning(${result})"></span></p>`;

export const warning = (result: Pick<TrainResult, 'warning'> | null): string => (result?.warning ? inLanguage(result.warning) : '');

export const experimentState = {
  warning,
  draft(this: Of): boolean {
    return this.experiment?.status === 'draft';
  },
  live(this: Of): boolean {
    return this.experiment !== null && this.experiment.status !== 'draft';
  },
  active(this: Of): boolean {
    return this.experiment !== null && isActive(this.experiment);
  },
  over(this: Of): boolean {
    return this.experiment !== null && this.experiment.status !== 'draft' && !isActive(this.experiment);
  },
  usable(this: Of): boolean {
    return this.experiment?.usable === true;
  },
  /** Why nothing may be changed here, or ''. */
  locked(this: Of): string {
    return readOnlyReason(this.project);
  },
  tone(this: Of): string {
    const status = this.experiment?.status;
    return status === 'failed' ? 'red' : status === 'aborted' ? 'orange' : 'green';
  },
  endIcon(this: Of): string {
    const status = this.experiment?.status;
    return status === 'failed' ? 'circle-x' : status === 'aborted' ? 'circle-stop' : 'circle-check';
  },
  inference(this: Of): string {
    return this.experiment ? inferenceAddress(this.experiment) : '';
  },
  /** Another draft with the same data and the same settings. */
  async again(this: Of): Promise<void> {
    if (!this.experiment) return;
    const { id, mode, datasetId, datasetName: name, datasetVersion: version, projectId } = this.experiment;
    await exportToExperiment({ id: datasetId, name, version }, projectId, { page: mode === 'hpo' ? 'hpo' : 'run', experimentId: id });
  },
  /** Nothing on the page of what was deleted can be lost any more. */
  left(this: Of): void {
    this.experiment = null;
    history.back();
  },
  menu(this: Of & { left(): void }, anchor: HTMLElement): void {
    if (this.experiment) openMenu(anchor, experimentMenu(this.experiment, readOnlyReason(this.project), { deleted: () => this.left() }));
  },
};

/** What a page of an experiment begins with: the experiment, its project loaded, and the breadcrumb: project, experiments, and what `last` says. */
export async function openExperiment(id: number, signal: AbortSignal, last: (opened: Experiment) => string): Promise<ExperimentDetails & { project: Project }> {
  const details = await api.get<ExperimentDetails>(`/api/experiments/${id}`, undefined, signal);
  const project = await openProject(details.experiment.projectId);
  keepPlace(signal, () => [
    { text: project.name, to: `/projects/${project.id}/data` },
    { text: t('exp.title'), to: `/projects/${project.id}/experiments` },
    { text: last(details.experiment) },
  ]);
  return { ...details, project };
}
