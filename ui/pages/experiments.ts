/** The experiments of a project. */
import type { Experiment, Project } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { openMenu } from '../components/menu.ts';
import { statusWord } from '../components/status.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/experiments.ts';
import { decimal, duration } from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { loadStubbornly, onProgress } from '../live/events.ts';
import { liveList } from '../live/list.ts';
import { openProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';
import { readOnlyReason } from './dataset-actions.ts';
import { detailsAddress, displayName, experimentMenu, isActive } from './experiment-actions.ts';
import { type Clock, runSeconds } from './run-clock.ts';

const columns = columnsOf<Experiment>()([
  { key: 'id', title: 'exp.id', value: (row) => row.id, className: 'narrow number from-700', search: true },
  {
    key: 'name',
    title: 'exp.name',
    value: (row) => row.name,
    search: true,
    className: 'grow',
    cell: `<a class="row-name" :href="address(row)"><span x-show="row.name" x-text="row.name"></span><span class="muted" x-show="!row.name" x-t="exp.unnamed"></span></a>
      <small class="muted tabular" x-show="row.hpo && row.status === 'running'" x-text="searchText(row)"></small>
      <div class="row-progress" x-show="!row.hpo && row.status === 'running'" x-progress.thin="progress(row)"></div>`,
  },
  {
    key: 'algorithm',
    title: 'exp.algorithm',
    value: (row) => row.config?.algorithm ?? '',
    search: true,
    cell: `<span x-text="row.config ? row.config.algorithm : ''"></span>`,
    className: 'narrow',
  },
  {
    key: 'dataset',
    title: 'exp.dataset',
    value: (row) => `${row.datasetName} / v${row.datasetVersion}`,
    search: true,
    cell: `<a class="plain-link" :href="'/datasets/' + row.datasetId" x-text="row.datasetName + ' / v' + row.datasetVersion"></a>`,
    className: 'given from-800',
  },
  {
    key: 'status',
    title: 'exp.status',
    value: (row) => row.status,
    text: (row) => statusWord(row.status),
    search: true,
    cell: `<span x-status="row.status"></span>`,
    className: 'narrow',
  },
  {
    key: 'createdAt',
    title: 'exp.created',
    value: (row) => row.createdAt,
    cell: `<span x-time.day="row.createdAt"></span>`,
    className: 'narrow number from-900',
  },
  {
    key: 'runSeconds',
    title: 'exp.runtime',
    value: (row) => row.runSeconds,
    cell: `<span x-text="runtime(row, now)"></span>`,
    align: 'end',
    className: 'narrow number',
  },
  {
    key: 'details',
    title: 'exp.details',
    value: () => null,
    sort: false,
    className: 'narrow',
    cell: `<a class="button small" :class="{ primary: row.status === 'draft' && !locked() }" :href="address(row)" :aria-label="action(row) + ': ' + label(row)"><span x-text="action(row)"></span></a>`,
  },
]);

export default page({
  title: 'exp.title',
  help: {
    ko: `# 실험 메뉴
실험 하나는 데이터셋 하나로 모델 하나를 학습시킨 기록입니다.
# 상태
- 초안: 아직 학습을 설정하지 않았습니다. 학습 설정을 눌러 시작합니다.
- 대기 중: 장비의 자원이 비기를 기다립니다. 순서가 되면 저절로 시작합니다.
- 실행 중: 학습하고 있습니다. 진행 상황에서 그래프와 로그를 볼 수 있습니다.
- 완료: 학습이 끝나 추론에 사용할 수 있습니다.
- 중지됨: 도중에 중지했지만 그때까지의 모델을 사용할 수 있습니다.
- 실패: 사용할 수 있는 모델이 없습니다. 상세 정보에서 이유를 확인해 주세요.
# 더 보기(⋮)
추론, 모델 다운로드, 모델 이름 변경, 삭제를 할 수 있습니다.`,
    en: `# The Experiment menu
An experiment is the record of one model trained on one dataset.
# States
- Draft: not set up yet. Press Set up to start.
- Pending: waits until the box has room, then starts by itself.
- Running: training now. Follow shows graphs and the log.
- Succeeded: ready for inference.
- Aborted: stopped on the way, but the model up to there can be used.
- Failed: there is no model. Details say why.
# More (⋮)
Inference, model download, Change Model Name, Delete.`,
  },
  template: `
    ${pageHead('exp.title', 'exp.purpose', `<a class="button" x-show="mayCompare()" :href="compareAddress">${icon('chart-line')}<span x-t="exp.compare"></span></a><a class="button primary" :href="dataAddress">${icon('database')}<span x-t="exp.toData"></span></a>`)}
    <div class="notice page-notice" x-show="locked()">${icon('lock')}<span x-text="locked()"></span></div>
    ${tableView(columns, {
      state: 'list',
      caption: 'exp.list',
      rowName: 'label(row)',
      menu: 'menu($el, row)',
      open: 'openRow(row)',
      period: true,
      empty: emptyState({
        icon: 'flask-conical',
        title: 'exp.empty.title',
        text: 'exp.empty.text',
        buttons: `<a class="button primary" :href="dataAddress">${icon('database')}<span x-t="exp.toData"></span></a>`,
      }),
    })}`,
  component: (route) => {
    const projectId = Number(route.params.id);
    const clocks = new Map<number, Clock>();
    return component({
      list: tableOf(columns, { name: 'experiments', date: (row) => row.createdAt, sort: { key: 'id', down: true } }),
      project: null as Project | null,
      dataAddress: `/projects/${projectId}/data`,
      compareAddress: `/projects/${projectId}/compare`,
      jobs: {} as Record<number, { phase: string; done: number; total: number; rate: number | null; remainingSeconds: number | null }>,
      now: Date.now(),
      async init() {
        const timer = setInterval(() => {
          if (this.list.rows.some(isActive)) this.now = Date.now();
        }, 1000);
        route.signal.addEventListener('abort', () => clearInterval(timer));
        onProgress(route.signal, (jobId, progress) => {
          this.jobs = { ...this.jobs, [jobId]: progress };
        });
        const load = () => openProject(projectId);
        const project = await loadStubbornly(load, route.signal, (error) => this.list.fail(error));
        if (!project) return;
        this.project = project;
        keepPlace(route.signal, () => [{ text: project.name, to: `/projects/${projectId}/data` }, { text: t('exp.title') }]);
        liveList({
          kind: 'experiment',
          projectId,
          signal: route.signal,
          load: () => api.get<Experiment[]>(`/api/projects/${projectId}/experiments`, undefined, route.signal),
          changed: (rows) => {
            for (const row of rows) clocks.set(row.id, { at: Date.now(), seconds: row.runSeconds, ticking: row.status === 'running' });
            this.list.set(rows);
          },
          failed: (error) => this.list.fail(error),
        });
      },
      mayCompare() {
        return this.list.rows.filter((row) => row.usable).length > 1;
      },
      locked() {
        return readOnlyReason(this.project);
      },
      /** "Trial 3 / 10 · validation_accuracy 87.50" */
      searchText({ hpo }: Experiment) {
        if (!hpo) return '';
        const best = hpo.best === null ? [] : [`${hpo.metric} ${decimal(hpo.best, hpo.metric.endsWith('accuracy') ? 2 : 4)}`];
        return [`Trial ${hpo.ended} / ${hpo.maxTrialCount}`, ...best].join(' · ');
      },
      progress(row: Experiment) {
        return row.jobId === null ? null : (this.jobs[row.jobId] ?? null);
      },
      runtime(row: Experiment, now: number) {
        const clock = clocks.get(row.id);
        return row.status === 'draft' || row.status === 'pending' || !clock ? '–' : duration(runSeconds(clock, now));
      },
      address: detailsAddress,
      label: displayName,
      action(row: Experiment) {
        if (row.status === 'draft') return t('exp.run');
        return isActive(row) ? t('exp.watch') : t('exp.details');
      },
      openRow(row: Experiment) {
        void go(detailsAddress(row));
      },
      menu(anchor: HTMLElement, row: Experiment) {
        openMenu(anchor, experimentMenu(row, this.locked()));
      },
    });
  },
});
