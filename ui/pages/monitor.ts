/** Monitor: how the box is doing, and the jobs of my groups. */
import '../i18n/areas/experiments.ts';
import '../i18n/areas/monitor.ts';
import type { Device } from '../../server/http/device-schemas.ts';
import type { ExperimentDetails, Job, Monitor } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { segmented } from '../components/field.ts';
import { openMenu } from '../components/menu.ts';
import { statusWord } from '../components/status.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { toast, toastError } from '../components/toast.ts';
import { effect } from '../effect.ts';
import { jobAddress } from '../frame/jobs.ts';
import { bytes, duration, percent } from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { inTurn, onProgress } from '../live/events.ts';
import { liveList } from '../live/list.ts';
import { component } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';
import { me } from '../session.ts';
import { deleteExperiment } from './experiment-actions.ts';

const resources = (job: Job) => {
  const { cores, memoryMb, gpu } = job.resources;
  return [t('monitor.core', { n: cores, memory: bytes(memoryMb * 1024 * 1024) }), gpu].filter(Boolean).join(' · ');
};
const seconds = (job: Job) => (job.startedAt ? ((job.finishedAt ? Date.parse(job.finishedAt) : Date.now()) - Date.parse(job.startedAt)) / 1000 : 0);

const columns = columnsOf<Job>()([
  {
    key: 'title',
    title: 'monitor.job',
    value: (row) => row.title,
    text: (row) => `${row.title} ${t(`job.${row.kind}`)}`,
    search: true,
    className: 'grow',
    cell: `<a class="job-title" :href="address(row)"><b x-text="row.title"></b></a><small x-text="$t('job.' + row.kind)"></small>`,
  },
  { key: 'projectName', title: 'monitor.project', value: (row) => row.projectName, search: true, className: 'given from-800' },
  { key: 'ownerName', title: 'monitor.owner', value: (row) => row.ownerName, search: true, className: 'given from-900' },
  {
    key: 'state',
    title: 'monitor.status',
    value: (row) => row.state,
    text: (row) => statusWord(row.state),
    search: true,
    className: 'job-state',
    cell: `<span x-status="row.state"></span><template x-if="row.state === 'running'"><div x-progress="progress(row)"></div></template><small x-show="row.waiting" x-text="waits(row)"></small>`,
  },
  {
    key: 'resources',
    title: 'monitor.resources',
    hint: 'monitor.resources.hint',
    value: (row) => row.resources.cores,
    text: resources,
    cell: '<span class="nowrap" x-text="resources(row)"></span>',
  },
  { key: 'createdAt', title: 'monitor.created', value: (row) => row.createdAt, cell: '<span x-time="row.createdAt"></span>', className: 'number from-1000' },
  { key: 'runtime', title: 'monitor.runtime', value: seconds, align: 'end', className: 'number', cell: '<span class="tabular" x-text="runtime(row)"></span>' },
]);

interface Gauge {
  name: string;
  value: string;
  /** 0..1 of the bar, null without one. */
  part: number | null;
  note: string;
  icon: string;
}

function gauges(monitor: Monitor): Gauge[] {
  const { cpu, memory, disk, gpus, gpuNote } = monitor;
  const used = disk.totalBytes - disk.freeBytes;
  const all: Gauge[] = [
    { name: t('monitor.cpu'), icon: 'cpu', value: percent(cpu.load, 0), part: cpu.load / 100, note: `${cpu.model} · ${t('monitor.cores', { n: cpu.cores })}` },
    {
      name: t('monitor.memory'),
      icon: 'memory-stick',
      value: percent((memory.usedBytes / memory.totalBytes) * 100, 0),
      part: memory.usedBytes / memory.totalBytes,
      note: t('monitor.used', { used: bytes(memory.usedBytes), total: bytes(memory.totalBytes) }),
    },
    {
      name: t('monitor.disk'),
      icon: 'hard-drive',
      value: percent((used / disk.totalBytes) * 100, 0),
      part: used / disk.totalBytes,
      note: t('monitor.free', { free: bytes(disk.freeBytes) }),
    },
  ];
  for (const gpu of gpus) {
    const parts = [t('monitor.used', { used: bytes(gpu.usedMb * 1024 ** 2), total: bytes(gpu.memoryMb * 1024 ** 2) })];
    if (gpu.temperature !== null) parts.push(`${gpu.temperature} °C`);
    all.push({ name: gpu.name, icon: 'gpu', value: percent(gpu.utilization, 0), part: gpu.utilization / 100, note: parts.join(' · ') });
  }
  if (!gpus.length) all.push({ name: t('monitor.gpu'), icon: 'gpu', value: t('monitor.gpu.none'), part: null, note: gpuNote ? inLanguage(gpuNote) : '' });
  return all;
}

export default page({
  title: 'monitor.title',
  help: {
    ko: `# 서버 상태
CPU, 메모리, 디스크, GPU를 얼마나 쓰고 있는지 보여 줍니다. 몇 초마다 새로 고칩니다.

# 계산 장치
학습과 추론을 어디에서 계산하는지, 쓸 수 없는 장치는 왜 그런지 보여 줍니다. 드라이버를 바꾼 뒤에는 관리자가 다시 확인할 수 있습니다.

# 작업 목록
내가 속한 그룹의 모든 작업입니다. 작업은 필요한 자원이 남으면 순서대로 시작합니다.
- 전체 / 실행 중 / 대기 중으로 나누어 볼 수 있습니다.
- 작업을 중지하는 일은 시작한 사람과 관리자만 할 수 있습니다.
- 작업 이름을 누르면 해당 데이터셋이나 실험으로 이동합니다.`,
    en: `# Hardware
How much of CPU, memory, disk and GPU is in use. It is refreshed every few seconds.

# Computing devices
What trainings and inferences compute on, and why another device is not used. An administrator can have them tried again, after a change of the driver for instance.

# Jobs
All jobs of your groups. A job starts in its turn when the resources that it needs are free.
- Look at all, the running or the waiting ones.
- Only its owner and administrators can stop a job.
- A job’s name leads to its dataset or experiment.`,
  },
  template: `${pageHead('monitor.title', 'monitor.purpose')}
    <section x-t:aria-label="monitor.hardware">
      <div class="gauges"><template x-for="gauge in gauges()" :key="gauge.icon + gauge.name"><div class="box gauge">
        <div class="gauge-head"><span x-icon="gauge.icon"></span><span class="cut" x-text="gauge.name"></span><b x-text="gauge.value"></b></div>
        <div class="meter" role="meter" x-show="gauge.part !== null" :aria-label="gauge.name" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="$f.whole(gauge.part * 100)"><div :class="{ high: gauge.part > 0.9 }" :style="{ width: gauge.part * 100 + '%' }"></div></div>
        <p class="muted" x-text="gauge.note"></p></div></template>
        <template x-for="n in waitingGauges()" :key="n"><div class="box gauge" aria-hidden="true"><span class="skeleton-block"></span><span class="skeleton-block"></span></div></template></div>
      <div x-problem="problem"></div>
      <p class="muted gauge-foot" x-text="uptime()"></p></section>
    <section class="box devices"><div class="devices-head"><h2 x-t="monitor.devices"></h2><button type="button" x-hint="monitor.devices.hint"></button>
        <button type="button" class="button small" x-show="admin" :disabled="trying()" @click="tryAgain()"><span x-icon="'refresh-cw'"></span><span x-t="monitor.devices.again"></span></button></div>
      <ul><template x-for="device in devices" :key="device.name"><li>
        <b x-text="$t('monitor.device.' + device.name)"></b><span :class="'chip plain ' + tone(device)" x-text="word(device)"></span>
        <div><span class="muted" x-text="why(device)"></span>
          <details x-show="device.details"><summary x-t="monitor.devices.details"></summary><pre x-text="device.details"></pre></details></div></li></template></ul></section>
    ${tableView(columns, {
      state: 'list',
      caption: 'monitor.jobs',
      rowName: 'row.title',
      period: true,
      open: 'open(row)',
      menu: 'menu($el, row)',
      filters: segmented({
        model: 'list.only',
        label: 'monitor.filter',
        choices: [
          { value: '', text: 'monitor.filter.all' },
          { value: 'running', text: 'monitor.filter.running' },
          { value: 'pending', text: 'monitor.filter.waiting' },
        ],
        change: 'list.search()',
      }),
      empty: emptyState({ icon: 'activity', title: 'monitor.empty.title', text: 'monitor.empty.text' }),
    })}`,

  component: (route) => {
    const devicesInTurn = inTurn();
    return component({
      list: tableOf(columns, {
        name: 'jobs',
        date: (row) => row.createdAt,
        sort: { key: 'createdAt', down: true },
        keep: (row, state) => row.state === state,
      }),
      monitor: null as Monitor | null,
      devices: [] as Device[],
      admin: me.admin,
      problem: null as unknown,
      clock: 0,
      /** Progress that has come since the record: it changes far more often than the record. */
      newest: {} as Record<number, Job['progress']>,
      init() {
        const jobs = liveList({
          kind: 'job',
          signal: route.signal,
          load: () => api.get<Job[]>('/api/jobs', {}, route.signal),
          changed: (rows) => this.list.set(rows),
        });
        const end = effect(() => {
          if (jobs.state === 'failed') this.list.fail(jobs.problem);
        });
        onProgress(route.signal, (jobId, progress) => {
          this.newest[jobId] = progress;
        });
        void this.measure();
        const timer = setInterval(() => {
          this.clock++;
          if (!document.hidden && this.clock % 3 === 0) void this.measure();
        }, 1000);
        route.signal.addEventListener('abort', () => {
          clearInterval(timer);
          end();
        });
      },
      async measure() {
        try {
          this.monitor = await api.get<Monitor>('/api/monitor', {}, route.signal);
          this.problem = null;
          if (!this.devices.length || this.trying()) this.takeDevices(await devicesInTurn(() => api.get<Device[]>('/api/devices', {}, route.signal)));
        } catch (error) {
          // A value of some seconds ago is better than none; the banner tells of a lost line.
          if (!route.signal.aborted && !this.monitor) this.problem = error;
        }
      },
      gauges() {
        return this.monitor ? gauges(this.monitor) : [];
      },
      waitingGauges() {
        return this.monitor || this.problem ? [] : [1, 2, 3, 4];
      },
      uptime() {
        return this.monitor ? t('monitor.uptime', { time: duration(this.monitor.uptimeSeconds), version: this.monitor.version }) : '';
      },
      address: jobAddress,
      progress(row: Job) {
        return this.newest[row.id] ?? row.progress;
      },
      waits: (row: Job) => (row.waiting ? inLanguage(row.waiting) : ''),
      resources,
      runtime(row: Job) {
        // The clock makes a running job's time go on.
        return this.clock >= 0 && row.startedAt ? duration(seconds(row)) : '–';
      },
      open(row: Job) {
        void go(jobAddress(row));
      },
      menu(anchor: HTMLElement, row: Job) {
        const live = row.state === 'running' || row.state === 'pending';
        const locked = me.admin || row.ownerId === me.user?.id ? {} : { disabled: true, note: t('monitor.stop.rights') };
        openMenu(anchor, [
          { text: t('monitor.open'), icon: 'arrow-right', run: () => this.open(row) },
          ...(row.failure ? [{ text: t('monitor.failed'), icon: 'triangle-alert', run: () => void this.whyFailed(row) }] : []),
          {
            text: t('monitor.stop'),
            icon: 'circle-stop',
            danger: true,
            separated: true,
            ...(!live ? { disabled: true, note: t('monitor.stop.ended') } : locked),
            run: () => void this.stop(row),
          },
          ...((row.kind === 'train' || row.kind === 'trial') && !live
            ? [{ text: t('monitor.delete'), icon: 'trash-2', danger: true, ...locked, run: () => void this.remove(row) }]
            : []),
        ]);
      },
      trying() {
        return this.devices.some(({ state }) => state === 'looking');
      },
      tone: ({ state, chosen }: Device) => (state === 'looking' ? 'blue' : state === 'ready' && chosen ? 'green' : 'grey'),
      word: ({ state, chosen }: Device) => t(state === 'ready' && chosen ? 'monitor.device.chosen' : `monitor.device.${state}`),
      why({ name, state, faster, reason }: Device) {
        if (state === 'looking') return t('monitor.device.looking.text');
        if (reason) return inLanguage(reason);
        return name === 'cpu' ? t('monitor.device.always') : t('monitor.device.faster', { n: faster ?? 1 });
      },
      takeDevices(devices: Device[] | null) {
        if (devices) this.devices = devices;
      },
      async tryAgain() {
        try {
          this.takeDevices(await devicesInTurn(() => api.post<Device[]>('/api/devices/try')));
        } catch (error) {
          toastError(error);
        }
      },
      async whyFailed({ failure }: Job) {
        if (failure) await confirm(() => ({ title: t('monitor.failed'), text: inLanguage(failure), ok: t('action.ok'), notice: true }));
      },
      async remove(row: Job) {
        try {
          const { experiment } = await api.get<ExperimentDetails>(`/api/experiments/${row.subjectId}`, undefined, route.signal);
          // A trial has ended before its search has.
          if (experiment.actions.includes('delete')) await deleteExperiment(experiment);
          else toast('info', t('monitor.delete.busy'));
        } catch (error) {
          toastError(error);
        }
      },
      async stop(row: Job) {
        const sure = await confirm(() => ({
          title: t('monitor.stop.title', { name: row.title }),
          text: t('monitor.stop.text'),
          ok: t('monitor.stop'),
          danger: true,
        }));
        if (!sure) return;
        try {
          await api.post(`/api/jobs/${row.id}/stop`);
          toast('info', t('monitor.stop.done'));
        } catch (error) {
          toastError(error);
        }
      },
    });
  },
});
