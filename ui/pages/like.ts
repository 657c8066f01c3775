/** ?like=ID, &trial=N: the form of a draft is filled in as an earlier training of its project was, or a trial of an earlier search. */
import type { Experiment, ExperimentDetails, RunConfig } from '../../server/http/schemas.ts';
import type { Hpo, HpoRequest, TrialDetails } from '../../server/http/training-schemas.ts';
import { api } from '../api.ts';
import '../i18n/areas/run.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { icon } from '../mount.ts';

export interface Likeness {
  /** Name of what the form was filled in after. */
  like: string;
  /** What of it is not there any more, by its label. */
  lost: readonly Key[];
}

/** Members of the page's component. */
export const likeness = {
  like: '',
  lost: [] as readonly Key[],
  likeText(this: Likeness): string {
    const { like: name, lost } = this;
    return lost.length ? t('run.like.lost', { name, what: lost.map((key) => t(key)).join(', ') }) : t('run.like', { name });
  },
};

export const likeNotice = (shown = 'like'): string => `<p class="notice" x-show="${shown}">${icon('refresh-cw')}<span x-text="likeText()"></span></p>`;

/** What the address asks for, or null where it asks for nothing or that is gone: then the form stands as it always does. */
async function asked<T>(query: URLSearchParams, get: (id: number) => Promise<T | null>): Promise<T | null> {
  const id = Number(query.get('like'));
  return id ? get(id).catch(() => null) : null;
}

interface Place {
  query: URLSearchParams;
  signal: AbortSignal;
}

export function runExample({ query, signal }: Place, { projectId }: Experiment): Promise<{ name: string; config: RunConfig } | null> {
  return asked(query, async (id) => {
    const { experiment } = await api.get<ExperimentDetails>(`/api/experiments/${id}`, undefined, signal);
    const { name, config } = experiment;
    if (experiment.projectId !== projectId || !config) return null;
    const trial = query.get('trial');
    if (trial === null) return { name, config };
    const of = await api.get<TrialDetails>(`/api/experiments/${id}/hpo/trials/${Number(trial)}`, undefined, signal);
    return { name: of.trial.name, config: { ...config, parameters: of.parameters } };
  });
}

export function searchExample({ query, signal }: Place, { projectId }: Experiment): Promise<{ name: string; config: HpoRequest } | null> {
  return asked(query, async (id) => {
    const { experiment, config } = await api.get<Hpo>(`/api/experiments/${id}/hpo`, undefined, signal);
    return experiment.projectId === projectId ? { name: experiment.name, config } : null;
  });
}
