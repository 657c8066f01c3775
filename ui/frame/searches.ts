/**
 * Searches of the loaded project that are running, for the rail. One whose trials have all ended is running until somebody submits or stops it, and no job
 * tells of it.
 */
import type { Experiment } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { anew } from '../effect.ts';
import { liveList } from '../live/list.ts';
import { loaded } from '../live/project.ts';
import { me } from '../session.ts';
import Alpine from '../vendor/alpine.js';

export const searches = Alpine.reactive({ rows: [] as readonly Experiment[] });

const isRunningSearch = ({ mode, status }: Experiment) => mode === 'hpo' && status === 'running';

anew(
  () => (me.developer ? loaded.project?.id : undefined),
  (projectId, signal) => {
    searches.rows = [];
    if (projectId === undefined) return;
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
  },
);
