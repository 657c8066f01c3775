/** One inference: its progress and log, then every picture as Class(Score)_filename. */
import type { Inference, Job, Prediction, PredictionPage, Progress, Project } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { type ClassBar, classBars, classBarsView } from '../charts/classbars.ts';
import { classColour, inkOn } from '../charts/colours.ts';
import { segmented } from '../components/field.ts';
import { jobLog, logView } from '../components/log.ts';
import { openMenu } from '../components/menu.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/inference.ts';
import '../i18n/areas/run.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { hearing, onChange, onProgress, onResync, watchJob } from '../live/events.ts';
import { openProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { PictureGrid } from '../pictures/grid.ts';
import { openViewer, type Shown } from '../pictures/viewer.ts';
import { go } from '../router.ts';
import { readOnlyReason } from './dataset-actions.ts';
import { reportView, skippedReason } from './dataset-report.ts';
import { deleteInference, stopInference } from './inference-actions.ts';

const head = `<header class="page-head"><div><h1><span x-text="heading()"></span><span class="head-chip" x-status="inference ? inference.state : null"></span></h1><p x-text="subtitle()"></p></div>
  <div class="page-actions">
    <button type="button" class="button" x-show="inference" :aria-pressed="logOpen ? 'true' : 'false'" @click="showLog()">${icon('file-text')}<span x-t="inf.showLog"></span></button>
    <a class="button" x-show="over()" :href="newAddress()">${icon('plus')}<span x-t="inf.another"></span></a>
    <a class="button primary" x-show="hasResults()" :href="zipAddress" download x-t:title="inf.save.note">${icon('download')}<span x-t="inf.save"></span></a>
    <button type="button" class="button danger" x-show="active() && !locked()" :disabled="stopping" @click="stop()">${icon('square')}<span x-t="inf.stop"></span></button>
    <button type="button" class="icon-button" x-show="over() && !locked()" aria-haspopup="menu" @click="menu($el)" :aria-label="$t('table.more', { name: heading() })">${icon('ellipsis-vertical')}</button></div></header>`;

const under = `<section class="box under-way" x-show="active()"><div class="box-body"><div class="under-head"><h2 x-text="stateText()"></h2></div><div x-progress="progress"></div><p class="muted" x-show="waitingText()" x-text="waitingText()"></p></div></section>`;

const failed = `<section class="banner red" x-show="failed()" role="status"><span class="banner-icon" x-icon="'circle-x'"></span><div><h2 x-t="inf.failed"></h2><p x-text="why()"></p></div></section>
  <section class="banner orange" x-show="stopped()" role="status"><span class="banner-icon" x-icon="'circle-stop'"></span><div><p x-text="$t(hasResults() ? 'inf.stopped.some' : 'inf.stopped')"></p></div></section>`;

const figures = `<dl class="figures"><div class="figure"><dt x-t="inf.pictures"></dt><dd x-text="$f.count(count())"></dd></div>
    <div class="figure" :class="{ good: accuracy() !== null }"><dt x-t="inf.accuracy"></dt><dd x-text="accuracy() === null ? '–' : $f.percent(accuracy())"></dd><small x-show="accuracy() === null" x-t="inf.noTruth"></small><small x-show="accuracy() !== null && judged() < count()" x-text="$t('inf.accuracy.of', { n: judged() })"></small></div></dl>`;

const results = `<div class="browse">
    <aside class="browse-side box"><div class="box-head"><h2 x-t="inf.classes"></h2><button type="button" x-hint="inf.score.hint"></button></div><div class="box-body">${classBarsView({ bars: 'bars', chosen: 'predicted', choose: 'choose', total: 'count()', title: 'inf.classes', all: 'inf.all' })}</div></aside>
    <div class="browse-main"><div class="browse-tools">
        <span class="search-input">${icon('search')}<input type="search" data-search x-model="query" @input.debounce.250ms="reload()" x-t:placeholder="inf.search" x-t:aria-label="inf.search"></span>
        ${segmented({
          model: 'order',
          label: 'inf.sort',
          choices: [
            { value: 'name', text: 'inf.sort.name' },
            { value: 'low', text: 'inf.sort.low' },
            { value: 'high', text: 'inf.sort.high' },
          ],
          change: 'reload()',
        })}
        <label class="check" x-show="accuracy() !== null"><input type="checkbox" x-model="wrong" @change="reload()"><span x-t="inf.wrong"></span></label>
        <span class="muted" aria-live="polite" x-text="found === null ? '' : $t('inf.shown', { n: found })"></span></div>
      <div x-problem="gridProblem"></div><p class="table-message" x-show="found === 0" x-t="inf.nothing"></p><div x-ref="grid"></div></div></div>`;

export default page({
  title: 'inf.one.title',
  help: {
    ko: `# 추론 결과
이미지마다 클래스명(점수)_파일 이름이 표시됩니다. 점수는 0~1이며 1에 가까울수록 모델이 확신한 것입니다.
- 왼쪽의 클래스를 누르면 그 클래스로 예측한 이미지만 봅니다.
- 점수 낮은 순으로 정렬하면 사람이 다시 확인할 이미지를 빨리 찾을 수 있습니다.
- 정답 라벨이 있으면 틀린 것만 모아 볼 수 있습니다.
# 결과 저장
모든 결과를 CSV와 JSON이 든 ZIP 파일로 내려받습니다. CSV는 Excel에서 열 수 있습니다.`,
    en: `# Inference results
Each picture shows Class(Score)_filename. The score is 0 to 1; near 1 the model was sure.
- Press a class at the left to see what was predicted as that class.
- Lowest score first finds the pictures that deserve a second look.
- Where the truth is known, see the wrong ones only.
# Save Results
Downloads everything as a ZIP with CSV and JSON. The CSV opens in Excel.`,
  },
  template: `${head}<div x-problem="problem"></div><div class="stack">${under}${failed}
    <div x-show="logOpen">${logView('log')}</div>
    <div class="stack" x-show="hasResults()">
      <p class="notice warn" x-show="skipped()">${icon('triangle-alert')}<span x-text="$t('inf.skipped', { n: skipped() })"></span>&nbsp;<button type="button" class="link-button" @click="reportOpen = !reportOpen" x-t="inf.report"></button></p>
      <section class="box" x-show="reportOpen"><div class="box-body">${reportView('report()')}</div></section>
      ${figures}${results}</div></div>`,
  component: (route) => {
    const id = Number(route.params.id);
    let grid: PictureGrid<Prediction> | null = null;
    let watched = false;
    return component({
      inference: null as Inference | null,
      project: null as Project | null,
      job: null as Job | null,
      problem: null as unknown,
      progress: null as Progress | null,
      log: jobLog(),
      logOpen: false,
      reportOpen: false,
      stopping: false,
      zipAddress: `/api/inferences/${id}/results.zip`,
      bars: [] as ClassBar[],
      predicted: null as number | null,
      query: '',
      order: 'name' as 'name' | 'low' | 'high',
      wrong: false,
      found: null as number | null,
      gridProblem: null as unknown,
      async init() {
        route.signal.addEventListener('abort', () => grid?.end());
        onChange('inference', { signal: route.signal }, (changed, record) => {
          if (changed !== id) return;
          if (record) this.take(record);
          else void go(this.project ? `/projects/${this.project.id}/inference` : '/', { replace: true });
        });
        onChange('job', { signal: route.signal }, (changed, record) => {
          if (record && changed === this.inference?.jobId) this.job = Object.freeze({ ...record });
        });
        onProgress(route.signal, (jobId, progress) => {
          if (jobId === this.inference?.jobId) this.progress = progress;
        });
        onResync(route.signal, () => void this.load());
        await this.load();
      },
      async load() {
        try {
          const { answer, heard } = await hearing('inference', async () => {
            const inference = await api.get<Inference>(`/api/inferences/${id}`, undefined, route.signal);
            return { inference, project: await openProject(inference.projectId) };
          });
          const { project } = answer;
          this.problem = null;
          this.project = project;
          keepPlace(route.signal, () => [
            { text: project.name, to: `/projects/${project.id}/data` },
            { text: t('inf.title'), to: `/projects/${project.id}/inference` },
            { text: t('inf.one.heading', { id: String(id) }) },
          ]);
          this.take(heard.get(id) ?? answer.inference);
          if (this.active()) {
            const job = await api.get<Job>(`/api/jobs/${answer.inference.jobId}`, undefined, route.signal).catch(() => null);
            if (job) {
              this.job = Object.freeze({ ...job });
              this.progress ??= job.progress;
            }
          }
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
        }
      },
      take(inference: Inference) {
        const before = this.inference;
        const had = this.hasResults();
        this.inference = Object.freeze({ ...inference });
        if (this.over()) this.stopping = false;
        this.bars = classBars(
          inference.classes.map((name, index) => ({ name, count: inference.perClass[index] ?? 0 })),
          null,
        );
        if (this.hasResults() && (!had || !before)) void this.$nextTick(() => this.reload());
      },
      showLog() {
        this.logOpen = !this.logOpen;
        if (!this.logOpen || watched || !this.inference) return;
        watched = true;
        this.log.attach(this.$refs.log as HTMLElement);
        watchJob(this.inference.jobId, {
          signal: route.signal,
          onEvent: (event) => {
            if (event.type === 'log') this.log.add(event);
          },
        });
      },
      makeGrid() {
        const made: PictureGrid<Prediction> = new PictureGrid<Prediction>(this.$refs.grid as HTMLElement, {
          label: t('inf.one.title'),
          lines: 2,
          load: (offset, limit, signal) =>
            api.get<PredictionPage>(
              `/api/inferences/${id}/predictions`,
              {
                offset,
                limit,
                predicted: this.predicted,
                search: this.query.trim(),
                ...(this.wrong ? { wrong: true } : {}),
                sort: this.order === 'name' ? 'name' : 'score',
                ...(this.order === 'high' ? { descending: true } : {}),
              },
              signal,
            ),
          tile: (row) => ({
            src: `/api/inferences/${id}/thumbnails/${row.n}`,
            caption: row.caption,
            mark: { text: this.className(row.predicted), colour: classColour(row.predicted), ink: inkOn(classColour(row.predicted)) },
            ...(row.truth !== null && row.truth !== row.predicted ? { wrong: t('inf.wrongOne') } : {}),
          }),
          open: (index) =>
            openViewer(index, {
              total: made.total,
              show: async (at) => {
                const row = await made.row(at);
                return row && this.shown(row);
              },
              closed: (at) => made.focus(at),
            }),
          loaded: (total) => {
            this.found = total;
            this.gridProblem = null;
          },
          failed: (error) => {
            this.gridProblem = error;
          },
        });
        return made;
      },
      reload() {
        grid ??= this.makeGrid();
        grid.reload();
      },
      choose(index: number | null) {
        this.predicted = this.predicted === index ? null : index;
        this.reload();
      },
      className(index: number) {
        return this.inference?.classes[index] ?? '';
      },
      shown(row: Prediction): Shown {
        const right = row.truth === row.predicted;
        return {
          src: `/api/inferences/${id}/pictures/${row.n}`,
          name: row.caption,
          facts: [
            { name: t('inf.fact.predicted'), value: this.className(row.predicted), colour: classColour(row.predicted) },
            { name: t('inf.fact.score'), value: format.decimal(row.score, 4) },
            {
              name: t('inf.fact.truth'),
              value: row.truth === null ? t('inf.fact.unknown') : this.className(row.truth),
              ...(row.truth === null ? {} : { colour: classColour(row.truth) }),
            },
            ...(row.truth === null ? [] : [{ name: t('inf.fact.verdict'), value: t(right ? 'inf.right' : 'inf.wrongOne'), wrong: !right }]),
            { name: t('dataset.report.file'), value: row.name },
          ],
          scores: row.top.map((one) => ({ name: this.className(one.class), share: one.score, colour: classColour(one.class) })),
        };
      },
      heading() {
        return t('inf.one.heading', { id: String(id) });
      },
      subtitle() {
        const of = this.inference;
        return of ? `${of.experimentName} · ${of.sourceName}` : '';
      },
      active() {
        return this.inference?.state === 'pending' || this.inference?.state === 'running';
      },
      over() {
        return this.inference !== null && !this.active();
      },
      failed() {
        return this.inference?.state === 'failed';
      },
      stopped() {
        return this.inference?.state === 'stopped';
      },
      hasResults() {
        return this.over() && !this.failed() && (this.inference?.count ?? 0) > 0;
      },
      locked() {
        return readOnlyReason(this.project);
      },
      why() {
        return this.inference?.failure ? inLanguage(this.inference.failure) : '';
      },
      count() {
        return this.inference?.count ?? 0;
      },
      /** How many pictures the accuracy is taken on; older results do not say. */
      judged() {
        return this.inference?.judged ?? this.count();
      },
      accuracy() {
        return this.inference?.accuracy ?? null;
      },
      report() {
        return this.inference?.report ?? null;
      },
      skipped() {
        return this.inference?.report?.skipped ?? 0;
      },
      reason: skippedReason,
      stateText() {
        return t(this.inference?.state === 'pending' ? 'inf.pending' : 'inf.running');
      },
      waitingText() {
        const waiting = this.inference?.state === 'pending' ? this.job?.waiting : null;
        return waiting ? `${t('run.pending.place', { n: waiting.place })} · ${inLanguage(waiting)}` : '';
      },
      newAddress() {
        const of = this.inference;
        return of ? `/projects/${of.projectId}/inference?experiment=${of.experimentId}` : '';
      },
      async stop() {
        if (this.inference) this.stopping = await stopInference(this.inference);
      },
      menu(anchor: HTMLElement) {
        const { inference } = this;
        if (inference) openMenu(anchor, [{ text: t('action.delete'), icon: 'trash-2', danger: true, run: () => void deleteInference(inference) }]);
      },
    });
  },
});
