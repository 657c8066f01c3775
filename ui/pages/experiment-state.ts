/** What the pages of one experiment ask of it; Run, HPO and the details take these into their components. */
import type { Experiment, Project } from '../../server/http/schemas.ts';
import { openMenu } from '../components/menu.ts';
import { keepPlace } from '../frame/place.ts';
import { t } from '../i18n/language.ts';
import { readOnlyReason } from './dataset-actions.ts';
import { experimentMenu, inferenceAddress, isActive } from './experiment-actions.ts';

interface Of {
  experiment: Experiment | null;
  project: Project | null;
}

export const experimentState = {
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
  menu(this: Of, anchor: HTMLElement): void {
    if (this.experiment) openMenu(anchor, experimentMenu(this.experiment, readOnlyReason(this.project), { deleted: () => history.back() }));
  },
};

/** The breadcrumb: project, experiments, and what `last` says. */
export function placeExperiment(signal: AbortSignal, project: Project, last: () => string): void {
  keepPlace(signal, () => [
    { text: project.name, to: `/projects/${project.id}/data` },
    { text: t('exp.title'), to: `/projects/${project.id}/experiments` },
    { text: last() },
  ]);
}
