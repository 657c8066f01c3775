/** Run: a draft is set up in three steps and started; then its progress, graphs and log, live, until it has ended. */

import type { TemplateDetails } from '../../server/http/library-schemas.ts';
import type { Dataset, EpochRow, Experiment, Job, Progress, Project, RunConfig, TrainResult } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { epochGraphs } from '../charts/epochs.ts';
import { jobLog, logView } from '../components/log.ts';
import { effect } from '../effect.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/run.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, type Said, t } from '../i18n/language.ts';
import { hearing, onChange, onPresets, onProgress, onResync, watchJob } from '../live/events.ts';
import { templateMode } from '../live/template.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { type ConfigurationPart, configurationParts, type Figures, figuresOf, gflopsText, gpuText, memoryText } from './configuration.ts';
import { displayName, isActive, stopExperiment } from './experiment-actions.ts';
import { experimentState, openExperiment, warningNotice } from './experiment-state.ts';
import { likeNotice, likeness, runExample } from './like.ts';
import { preflightCheck, preflightView } from './preflight.ts';
import { runSeconds } from './run-clock.ts';
import { foldEpoch } from './run-epoch.ts';
import { guardAnswers, runSetup } from './run-setup.ts';
import { configuration, steps } from './run-steps.ts';

const head = `<header class="page-head"><div><h1><span x-text="heading()"></span><span class="head-chip" x-status="experiment ? experiment.status : null"></span></h1><p x-text="purpose()"></p></div>
  <div class="page-actions">
    <button type="button" class="button primary large run-start" x-show="draft()" :disabled="!mayStart() || starting" :aria-busy="starting ? 'true' : 'false'" :title="startNote()" @click="start()">${icon('play')}<span x-t="run.start"></span></button>
    <button type="button" class="button danger large run-stop" x-show="active() && !locked()" :disabled="stopping" :aria-busy="stopping ? 'true' : 'false'" @click="stop()">${icon('square')}<span x-t="run.stop"></span></button>
    <button type="button" class="icon-button" x-show="experiment" aria-haspopup="menu" @click="menu($el)" :aria-label="$t('table.more', { name: heading() })">${icon('ellipsis-vertical')}</button></div></header>`;

const under = `<section class="box under-way" x-show="active()"><div class="box-body">
    <div class="under-head"><h2 x-text="stateText()"></h2><span class="muted tabular" x-text="elapsed()"></span><span class="spacer"></span><span class="muted tabular" x-text="epochText()"></span></div>
    <div x-progress="shownProgress()"></div><p class="muted" x-show="waitingText()" x-text="waitingText()"></p></div></section>`;

const ended = `<section class="banner" x-show="over()" :class="tone()" role="status"><span class="banner-icon" x-icon="endIcon()"></span><div><h2 x-text="endTitle()"></h2><p x-text="endText()"></p></div>
    <div class="banner-actions"><a class="button" :href="'/experiments/' + id">${icon('file-text')}<span x-t="run.toDetails"></span></a><a class="button primary" x-show="usable()" :href="inference()">${icon('scan-search')}<span x-t="run.toInference"></span></a></div></section>`;

export default page({
  title: 'run.title',
  help: {
    ko: `# 학습 실행(Run)
세 단계를 확인하고 시작을 누르면 학습합니다. 기본값 그대로도 좋은 결과를 얻을 수 있습니다.
# Data Split
데이터를 학습용(Training), 확인용(Validation), 최종 평가용(Test)으로 나눕니다.
# Algorithm
모델의 구조를 고릅니다. resnet18처럼 작은 것부터 시작해 보세요. 용어 옆의 ?를 누르면 설명이 나옵니다.
# Resources
학습에 쓸 GPU, CPU, 메모리를 고릅니다. 비어 있지 않으면 순서를 기다립니다.
# 학습 중
- 정확도는 올라가고 손실은 내려가면 잘 배우고 있는 것입니다.
- Training은 좋아지는데 Validation이 나빠지면 학습 이미지를 외우고 있는 것입니다. 이미지를 늘리거나 데이터 증강을 켜 주세요.
- 중지하면 그때까지의 모델을 사용할 수 있습니다.`,
    en: `# Run
Confirm three steps and press Start. The defaults give good results as they are.
# Data Split
Divides the pictures for learning (Training), checking (Validation) and the final evaluation (Test).
# Algorithm
The structure of the model. Begin with a small one such as resnet18. Press ? beside a term to read what it means.
# Resources
Which GPU, CPU and memory the training may use. Where they are taken, it waits in the queue.
# While it trains
- Accuracy rising and loss falling: it learns well.
- Training gets better but validation worse: it learns the pictures by heart. Add pictures or turn on augment.
- After Stop, the model up to there can be used.`,
  },
  template: `${head}<div x-problem="problem"></div><div class="notice page-notice" x-show="draft() && locked()">${icon('lock')}<span x-text="locked()"></span></div>
    <div class="run-setup" x-show="draft()" :inert="locked() ? '' : false"><div class="stack"><section class="banner blue" x-show="template" role="status"><span class="banner-icon" x-icon="'workflow'"></span><div><h2 x-text="templateTitle()"></h2><p x-text="$t(misfit() ? 'run.template.misfit' : 'run.template.text')"></p></div></section><div x-problem="misfit()"></div><p class="notice warn" x-show="unlike()">${icon('triangle-alert')}<span><span x-text="unlikeText()"></span> <a x-show="template && template.template.chain" :href="'/datasets/' + (dataset ? dataset.id : 0) + '/preprocess'" x-t="run.template.preprocess"></a></span></p>${likeNotice('like && !templateMode()')}<div x-show="!templateMode()">${steps}</div></div>
      <aside><div x-show="!misfit()">${preflightView}</div>${configuration}</aside></div>
    <div class="run-live stack" x-show="live()">${under}${ended}${warningNotice('result')}
      <div class="run-live-grid"><div class="stack"><section class="box"><div class="box-head"><h2 x-t="details.graph"></h2></div><div class="box-body chart-box"><div x-ref="charts"></div><p class="chart-empty" x-show="!epochs.length" x-text="$t(active() ? 'graph.waiting' : 'graph.none')"></p></div></section>
        ${logView('log')}</div>${configuration}</div></div>`,
  component: (route) => {
    const id = Number(route.params.id);
    const graphs = epochGraphs(route.signal);
    let watched: number | null = null;
    let shownTemplate: number | null = null;
    let clock = { at: Date.now(), seconds: 0 };
    let startedAt = 0;
    let asked = 0;
    let filled = () => {};
    return component({
      ...experimentState,
      ...likeness,
      id,
      experiment: null as Experiment | null,
      project: null as Project | null,
      dataset: null as Dataset | null,
      job: null as Job | null,
      result: null as TrainResult | null,
      figures: { algorithm: null, preset: null } as Figures,
      problem: null as unknown,
      setup: runSetup(route.signal),
      preflight: preflightCheck(id, route.signal),
      progress: null as Progress | null,
      epochs: [] as readonly EpochRow[],
      log: jobLog(),
      template: null as TemplateDetails | null,
      starting: false,
      stopping: false,
      now: Date.now(),
      async init() {
        filled = guardAnswers(
          route,
          id,
          () => this.draft(),
          () => this.setup.config(),
        );
        const timer = setInterval(() => {
          if (this.active()) this.now = Date.now();
        }, 1000);
        route.signal.addEventListener('abort', () => clearInterval(timer));
        onChange('experiment', { signal: route.signal }, (changed, record) => {
          if (changed !== id) return;
          if (record) this.take(record);
          else this.problem = { key: 'exp.deleted' } satisfies Said;
        });
        onChange('job', { signal: route.signal }, (changed, record) => {
          if (record && changed === this.experiment?.jobId) this.takeJob(record);
        });
        onProgress(route.signal, (jobId, progress) => {
          if (jobId === this.experiment?.jobId) this.progress = progress;
        });
        onResync(route.signal, () => void this.load());
        const watched = effect(() => {
          if (this.mayStart()) this.preflight.look(this.chosenConfig());
        });
        route.signal.addEventListener('abort', watched);
        void this.$nextTick(() => {
          if (route.signal.aborted) return;
          this.log.attach(this.$refs.log as HTMLElement);
          graphs.attach(this.$refs.charts as HTMLElement, () => this.heading());
        });
        await this.load();
        if (route.signal.aborted) return;
        // Behind the project, because whether a template fits is asked for it.
        const followed = effect(() => void this.useTemplate(templateMode.template?.id ?? null));
        route.signal.addEventListener('abort', followed);
        onPresets(route.signal, () => {
          if (templateMode.template) void this.useTemplate(templateMode.template.id);
        });
      },
      async load() {
        const mine = ++asked;
        try {
          const { answer, heard } = await hearing('experiment', () => openExperiment(id, route.signal, (opened) => displayName(this.experiment ?? opened)));
          // A later one is on its way.
          if (mine !== asked) return;
          const { experiment, project, job, epochs, result } = answer;
          const newer = heard.get(id);
          // It was deleted meanwhile, which has been told.
          if (newer === null) return;
          this.problem = null;
          this.project = project;
          this.result = result;
          this.addEpochs(epochs);
          if (job) this.takeJob(job);
          if (newer === undefined) this.take(experiment);
          // It ended meanwhile: what it came to is not in this answer.
          else if (isActive(experiment) && !isActive(newer)) void this.load();
        } catch (error) {
          if (mine === asked && !route.signal.aborted) this.problem = error;
        }
      },
      take(experiment: Experiment) {
        const before = this.experiment;
        this.experiment = Object.freeze({ ...experiment });
        clock = { at: Date.now(), seconds: experiment.runSeconds };
        this.now = Date.now();
        if (experiment.status === 'draft') {
          void this.setup.begin(() => this.prepare(experiment));
          return;
        }
        if (!isActive(experiment)) {
          this.stopping = false;
          // What it came to is in the details.
          if (before && isActive(before)) void this.load();
        }
        if (experiment.jobId !== null && watched !== experiment.jobId) this.watch(experiment.jobId);
        if (!before || before.status === 'draft') void this.describe(experiment);
      },
      async describe(experiment: Pick<Experiment, 'config' | 'datasetId'>) {
        this.figures = Object.freeze(await figuresOf(experiment, route.signal));
      },
      takeJob(job: Job) {
        this.job = Object.freeze({ ...job });
        if (job.progress) this.progress = job.progress;
      },
      async prepare(experiment: Experiment) {
        this.dataset = Object.freeze(await api.get<Dataset>(`/api/datasets/${experiment.datasetId}`, undefined, route.signal));
        await this.setup.load(this.dataset);
        const example = await runExample(route, experiment);
        if (example) {
          this.lost = Object.freeze(await this.setup.take(example.config));
          this.like = example.name;
        }
        filled();
      },
      watch(jobId: number) {
        watched = jobId;
        this.log.clear();
        watchJob(jobId, {
          signal: route.signal,
          onEvent: (event) => {
            if (event.type === 'log') this.log.add(event);
            else if (event.type === 'epoch') this.addEpochs([event.row]);
          },
        });
      },
      addEpochs(rows: readonly EpochRow[]) {
        if (!rows.length) return;
        const byEpoch = new Map(this.epochs.map((row) => [row.epoch, row]));
        for (const row of rows) byEpoch.set(row.epoch, row);
        this.epochs = Object.freeze([...byEpoch.values()].sort((a, b) => a.epoch - b.epoch));
        graphs.set(this.epochs);
      },

      heading() {
        return this.experiment?.name || t('run.title');
      },
      purpose() {
        const of = this.experiment;
        if (this.over() && of) return `${of.config?.algorithm ?? ''} · ${of.datasetName} v${of.datasetVersion}`;
        if (this.template && this.draft()) return this.template.template.algorithm;
        return t(this.draft() ? 'run.purpose' : 'run.purpose.live');
      },
      /** Between its start and its first word the worker prepares. */
      shownProgress(): Progress | null {
        if (this.experiment?.status === 'pending') return null;
        return this.progress ?? { phase: 'prepare', done: 0, total: 0, rate: null, remainingSeconds: null };
      },

      mayStart() {
        if (!this.draft() || this.locked()) return false;
        return this.template ? !this.misfit() : this.setup.state === 'ready' && this.setup.complete();
      },
      startNote() {
        return t(this.template || this.setup.complete() ? 'run.start.ready' : 'run.start.need');
      },
      async start() {
        if (!this.mayStart() || this.starting) return;
        this.starting = true;
        startedAt = Date.now();
        this.problem = null;
        try {
          const template = this.template?.template;
          this.take(
            template
              ? await api.post<Experiment>(`/api/experiments/${id}/run-template`, { templateId: template.id })
              : await api.post<Experiment>(`/api/experiments/${id}/run`, this.setup.config()),
          );
          void this.load();
        } catch (error) {
          this.problem = error;
        } finally {
          this.starting = false;
        }
      },
      /** In template mode the template's settings, else those of the steps. */
      chosenConfig(): RunConfig {
        return this.template?.config ?? this.setup.config();
      },
      async useTemplate(templateId: number | null) {
        // The one that stands stays while it is asked for again.
        if (templateId !== shownTemplate) {
          this.template = null;
          this.preflight.forget();
        }
        shownTemplate = templateId;
        if (templateId === null) return;
        try {
          const projectId = this.project?.id;
          const details = await api.get<TemplateDetails>(`/api/templates/${templateId}`, { projectId }, route.signal);
          if (templateMode.template?.id !== templateId) return;
          this.template = Object.freeze(details);
          const { experiment } = this;
          if (experiment?.status === 'draft') await this.describe({ config: details.config, datasetId: experiment.datasetId });
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
        }
      },
      /** Everything is the template's, also while it is being asked for. */
      templateMode() {
        return templateMode.template !== null;
      },
      templateTitle() {
        return t(this.misfit() ? 'template.mode' : 'run.template', { name: this.template?.template.name ?? '' });
      },
      misfit() {
        const { misfit } = this.template?.template ?? {};
        return misfit ? inLanguage(misfit) : '';
      },
      /** The template's data were preprocessed in another way than these, over all versions of both. */
      unlike() {
        const { template, dataset } = this;
        if (!template || !dataset || this.misfit()) return false;
        return JSON.stringify(template.template.chain ?? []) !== JSON.stringify(dataset.preprocessing?.whole ?? []);
      },
      unlikeText() {
        return t(this.template?.template.chain ? 'run.template.unlike' : 'run.template.unlikePlain');
      },
      measureAgain() {
        this.preflight.again(this.chosenConfig());
      },
      takeBatchSize(n: number) {
        this.setup.parameters.batch_size = n;
        this.preflight.look(this.setup.config());
      },
      async stop() {
        // Stop has taken the place of Start: the second click of a double click is not meant for it.
        if (!this.experiment || Date.now() - startedAt < 600) return;
        this.stopping = await stopExperiment(this.experiment);
      },
      parts(): ConfigurationPart[] {
        const { experiment, setup } = this;
        const dataset = experiment ? `${experiment.datasetName} v${experiment.datasetVersion}` : '';
        const done = { split: true, algorithm: true, resources: true };
        if (experiment?.config) return configurationParts({ config: experiment.config, dataset, figures: this.figures, done });
        if (this.template) {
          return configurationParts({ config: this.template.config, dataset, figures: this.figures, done });
        }
        return configurationParts({ config: setup.config(), dataset, figures: setup.figures(), done: setup.done });
      },
      gpuText,
      gflopsText,
      memoryText,

      stateText() {
        if (this.stopping) return t('run.stoppingNow');
        return t(this.experiment?.status === 'pending' ? 'run.pending' : 'run.running');
      },
      elapsed() {
        return this.experiment?.status === 'running' ? t('run.elapsed', { time: format.duration(runSeconds({ ...clock, ticking: true }, this.now)) }) : '';
      },
      epochText() {
        const { config } = this.experiment ?? {};
        const total = config?.parameters.epoch;
        if (!total || this.experiment?.status !== 'running' || this.progress?.phase !== 'train') return '';
        const { crossValidation } = config.split;
        if (crossValidation) {
          const { fold, epoch: n } = foldEpoch(this.progress, crossValidation, total);
          const { folds } = crossValidation;
          return fold > folds ? t('run.epochFinal', { n, total }) : t('run.epochFold', { fold, folds, n, total });
        }
        return t('run.epochNow', { n: Math.min(total, (this.epochs.at(-1)?.epoch ?? 0) + 1), total });
      },
      waitingText() {
        if (this.stopping) return t('exp.stopping');
        const waiting = this.experiment?.status === 'pending' ? this.job?.waiting : null;
        if (this.experiment?.status !== 'pending') return '';
        if (!waiting) return t('run.pending.text');
        const since = t('run.pending.since', { time: format.dayAndTime(this.job?.createdAt ?? null) });
        return [t('run.pending.place', { n: waiting.place }), since, inLanguage(waiting)].join(' · ');
      },
      endTitle() {
        const status = this.experiment?.status;
        return t(status === 'failed' ? 'run.failed' : status === 'aborted' ? 'run.aborted' : 'run.succeeded');
      },
      endText() {
        const { experiment, result } = this;
        if (!experiment) return '';
        if (experiment.status === 'failed') return experiment.failure ? inLanguage(experiment.failure) : '';
        if (experiment.status === 'aborted') return t('details.aborted.usable');
        if (!result) return '';
        const { test, validation } = result.evaluation;
        const time = format.duration(experiment.runSeconds);
        return test
          ? t('run.succeeded.text', { accuracy: format.percent(test.accuracy), time })
          : t('run.succeeded.validation', { accuracy: format.percent(validation.accuracy), time });
      },
    });
  },
});
