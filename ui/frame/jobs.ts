/** Jobs that run or wait, for the top bar and the rail: kept right by the live line. */
import type { Job } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { float } from '../components/floating.ts';
import { anew } from '../effect.ts';
import { duration } from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { onProgress } from '../live/events.ts';
import { liveList } from '../live/list.ts';
import { component, element, icon } from '../mount.ts';
import { me } from '../session.ts';
import Alpine from '../vendor/alpine.js';

export const jobs = Alpine.reactive({ rows: [] as Job[] });

function sorted(rows: readonly Job[]): Job[] {
  const soon = (job: Job) => (job.state === 'running' ? (job.progress?.remainingSeconds ?? 1e9) : 2e9 + (job.waiting?.place ?? 0));
  return rows.toSorted((a, b) => soon(a) - soon(b) || a.id - b.id);
}
const active = (job: Job) => job.state === 'running' || job.state === 'pending';

anew(
  () => (me.developer ? me.session?.user.id : undefined),
  (person, signal) => {
    jobs.rows = [];
    if (person === undefined) return;
    liveList({
      kind: 'job',
      signal,
      load: async () => (await api.get<Job[]>('/api/jobs', undefined, signal)).filter(active),
      belongs: active,
      changed: (rows) => {
        jobs.rows = sorted(rows);
      },
    });
  },
);
onProgress(new AbortController().signal, (jobId, progress) => {
  const job = jobs.rows.find((row) => row.id === jobId);
  if (job) job.progress = progress;
});

/** The remaining time of the job that ends next, or ''. */
export function nearest(): string {
  const times = jobs.rows.flatMap((job) => (job.state === 'running' && job.progress?.remainingSeconds != null ? [job.progress.remainingSeconds] : []));
  return times.length ? duration(Math.min(...times)) : '';
}

export function jobAddress(job: Job): string {
  if (job.kind === 'train' || job.kind === 'preflight') return `/experiments/${job.subjectId}/run`;
  if (job.kind === 'trial') return `/experiments/${job.subjectId}/hpo`;
  if (job.kind === 'infer') return `/inferences/${job.subjectId}`;
  if (job.kind === 'weights') return '/weights';
  if (job.kind === 'table_preview') return `/projects/${job.projectId}/data`;
  if (job.kind === 'annotate' || job.kind === 'merge') return `/annotations/${job.subjectId}`;
  return `/datasets/${job.subjectId}`;
}

export function openJobs(anchor: HTMLElement): void {
  const content = element(
    'div',
    'list-float',
    `<h2 x-t="jobs.title"></h2>
     <p class="list-none" x-show="!rows().length" x-t="jobs.none"></p>
     <ul><template x-for="job in rows()" :key="job.id"><li><a :href="address(job)" @click="close()">
       <span class="list-line"><b x-text="job.title"></b><span x-status="job.state"></span></span>
       <span class="list-sub" x-text="about(job)"></span>
       <template x-if="job.state === 'running'"><div x-progress="job.progress"></div></template>
       <span class="list-sub" x-show="job.waiting" x-text="waits(job)"></span></a></li></template></ul>
     <a class="list-all" href="/monitor" @click="close()"><span x-t="jobs.all"></span>${icon('arrow-right')}</a>`,
    component({
      rows: () => jobs.rows,
      address: jobAddress,
      about: (job: Job) => `${t(`job.${job.kind}`)} · ${job.projectName} · ${job.ownerName}`,
      waits: (job: Job) => (job.waiting ? `${t('jobs.place', { n: job.waiting.place })} · ${inLanguage(job.waiting)}` : ''),
      close: () => floating?.close(),
    }),
  );
  content.setAttribute('role', 'dialog');
  content.setAttribute('aria-label', t('jobs.title'));
  const floating = float(anchor, content, { align: 'end' });
}
