/** What the More menu of each status offers. */
import { StudioError } from '../../errors.ts';
import type { Experiment, ExperimentAction } from '../../http/schemas.ts';

const ALLOWED: { [S in Experiment['status']]: readonly ExperimentAction[] } = {
  draft: ['run', 'hpo', 'automl', 'rename', 'delete'],
  pending: ['stop'],
  running: ['stop'],
  succeeded: ['infer', 'template', 'register', 'rename', 'delete'],
  aborted: ['infer', 'template', 'register', 'rename', 'delete'],
  failed: ['rename', 'delete'],
  published: ['infer', 'rename', 'delete'],
};
/** A search that was stopped has no model of its own: nobody has chosen one. */
const OF_STOPPED_SEARCH: readonly ExperimentAction[] = ['rename', 'delete'];

type Stateful = Readonly<Pick<Experiment, 'status' | 'mode'>>;

export function actionsOf({ status, mode }: Stateful): readonly ExperimentAction[] {
  return status === 'aborted' && mode === 'hpo' ? OF_STOPPED_SEARCH : ALLOWED[status];
}

/** Throws experiment_refused. */
export function checkAllowed(experiment: Stateful, action: ExperimentAction): void {
  if (!actionsOf(experiment).includes(action)) throw new StudioError('experiment_refused', { action, status: experiment.status });
}
