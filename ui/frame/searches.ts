/**
 * Searches of the loaded project that are running, for the rail. One whose trials have all ended is running until somebody submits or stops it, and no job
 * tells of it.
 */
import type { Experiment } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { effect } from '../effect.ts';
import { liveList } from '../live/list.ts';
import { loaded } from '../live/project.ts';
import { me } from '../session.ts';
import Alpine from '../vendor/alpine.js';

export const searches = Alpine.reactive({ rows: [] as readonly Experiment[] });

const isRunningSearch = ({ mode, status }: Experiment) => mode === 'hpo' && status === 'running';
let leaving = new AbortController();

function follow(projectId: number, signal: AbortSignal): void {
  if (signal.aborted) return;
  liveList({
    kind: 'experiment',
    projectId,
    signal,
    load: async () => (await api.get<Experiment[]>(`/api/projects/${projectId}/experiments`, { status: 'running' }, signal)).filter(isRunningSearch),
    belongs: isRunningSearch,
    changed: (rows) => {
      searches.rows = rows;
    },
  });
}

effect(() => {
  const project = me.developer ? loaded.project?.id : undefined;
  leaving.abort();
  leaving = new AbortController();
  searches.rows = [];
  // Behind the effect, which hears of nothing but the project and the person.
  const { signal } = leaving;
  if (project !== undefined) queueMicrotask(() => follow(project, signal));
});
