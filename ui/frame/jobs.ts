/** Jobs that run or wait, for the top bar and the rail: kept right by the live line. */
import type { Job } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { float } from '../components/floating.ts';
import { duration } from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { onChange, onProgress, onResync } from '../live/events.ts';
import { component, element, icon } from '../mount.ts';
import { me } from '../session.ts';
import Alpine from '../vendor/alpine.js';

export const jobs = Alpine.reactive({ rows: [] as Job[] });
const always = new AbortController().signal;

function sorted(rows: Job[]): Job[] {
  const soon = (job: Job) => (job.state === 'running' ? (job.progress?.remainingSeconds ?? 1e9) : 2e9 + (job.waiting?.place ?? 0));
  return rows.toSorted((a, b) => soon(a) - soon(b) || a.id - b.id);
}
const active = (job: Job) => job.state === 'running' || job.state === 'pending';

async function reload(): Promise<void> {
  if (!me.developer) {
    jobs.rows = [];
    return;
  }
  try {
    jobs.rows = sorted((await api.get<Job[]>('/api/jobs')).filter(active));
  } catch {
    // The banner tells of a lost line; the list comes right with the next resync.
  }
}

Alpine.effect(() => {
  // Read before the first await, so that it runs again when somebody else signs in.
  void me.session?.user.id;
  void reload();
});
onResync(always, () => void reload());
onChange('job', { signal: always }, (id, job) => {
  const others = jobs.rows.filter((row) => row.id !== id);
  jobs.rows = job && active(job) ? sorted([...others, job]) : others;
});
onProgress(always, (jobId, progress) => {
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
