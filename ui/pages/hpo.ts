/** HPO: a draft is set up in four steps and started; then its trials, live, until one of them is submitted or it is stopped. */
import type { Dataset, Experiment, Project } from '../../server/http/schemas.ts';
import type { Hpo, HpoPictures, HpoRequest } from '../../server/http/training-schemas.ts';
import { api } from '../api.ts';
import { shownValue } from '../charts/value.ts';
import { confirm } from '../components/confirm.ts';
import { toast, toastError } from '../components/toast.ts';
import { effect } from '../effect.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/hpo.ts';
import '../i18n/areas/run.ts';
import { inLanguage, language, type Said, t } from '../i18n/language.ts';
import { hearing, inTurn, onChange, onResync } from '../live/events.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { type ConfigurationPart, configurationParts, type Figures, figuresOf, gflopsText, gpuText, memoryText } from './configuration.ts';
import { displayName } from './experiment-actions.ts';
import { experimentState, openExperiment } from './experiment-state.ts';
import { hpoSetup, rangeText } from './hpo-setup.ts';
import { hpoSteps } from './hpo-steps.ts';
import { openTrial } from './hpo-trial.ts';
import { metricText, type PictureTab, pictureBox, pictureMarkup, trialList, trialTable } from './hpo-trials.ts';
import { likeNotice, likeness, searchExample } from './like.ts';
import { guardAnswers, runSetup, type Step } from './run-setup.ts';
import { configuration } from './run-steps.ts';

const STEPS: readonly Step[] = ['split', 'algorithm', 'settings', 'resources'];

const head = `<header class="page-head"><div><h1><span x-text="heading()"></span><span class="head-chip" x-status="experiment ? experiment.status : null"></span></h1><p x-text="$t(draft() ? 'hpo.purpose' : 'hpo.purpose.live')" x-show="draft() || active()"></p></div>
  <div class="page-actions">
    <button type="button" class="button primary large run-start" x-show="draft()" :disabled="!mayStart() || starting" :aria-busy="starting ? 'true' : 'false'" :title="startNote()" @click="start()">${icon('play')}<span x-t="hpo.start"></span></button>
    <button type="button" class="button danger large run-stop" x-show="active() && !locked()" :disabled="stopping" :aria-busy="stopping ? 'true' : 'false'" @click="stop()">${icon('square')}<span x-t="hpo.stop"></span></button>
    <button type="button" class="icon-button" x-show="experiment" aria-haspopup="menu" @click="menu($el)" :aria-label="$t('table.more', { name: heading() })">${icon('ellipsis-vertical')}</button></div></header>`;

const under = `<section class="box under-way" x-show="active()"><div class="box-body">
    <div class="under-head"><h2 x-text="stateText()"></h2><span class="muted tabular" x-text="bestText()"></span><span class="spacer"></span><span class="muted tabular" x-text="countText()"></span></div>
    <div class="progress"><div class="progress-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="share()" :aria-label="countText()"><div :style="{ transform: 'scaleX(' + share() / 100 + ')' }"></div></div></div>
    <div class="submit-line" x-show="!locked()"><span class="muted" role="status" x-text="submitNote()"></span><span class="spacer"></span><button type="button" class="button primary hpo-submit" :disabled="!maySubmit() || submitting" :aria-busy="submitting ? 'true' : 'false'" @click="submit()">${icon('badge-check')}<span x-t="hpo.submit"></span></button></div></div></section>`;

const ended = `<section class="banner" x-show="over()" :class="tone()" role="status"><span class="banner-icon" x-icon="endIcon()"></span><div><h2 x-text="endTitle()"></h2><p x-text="endText()"></p></div>
    <div class="banner-actions"><button type="button" class="button" x-show="over() && !usable() && !locked()" @click="again()">${icon('refresh-cw')}<span x-t="details.again"></span></button><a class="button" x-show="usable()" :href="'/experiments/' + id">${icon('file-text')}<span x-t="run.toDetails"></span></a><a class="button primary" x-show="usable()" :href="inference()">${icon('scan-search')}<span x-t="run.toInference"></span></a></div></section>`;

export default page({
  title: 'hpo.title',
  help: {
    ko: `# 최적값 탐색(HPO)
사람이 하나씩 바꿔 보던 파라미터를 시스템이 대신 바꿔 가며 여러 번 학습합니다. 한 번의 학습을 Trial이라고 합니다.
# 설정
- Algorithm 단계에서 탐색할 파라미터의 HPO를 체크합니다.
- Settings 단계에서 Trial 수와 목표(Goal)를 정합니다.
# 학습 중
- Trial이 목록에 하나씩 나타나고 값이 바로 갱신됩니다.
- 목표를 만족한 Trial이 있으면 Submit할 수 있습니다. 더 좋은 결과를 기다려도 됩니다.
- Submit한 Trial의 모델이 이 실험의 모델이 됩니다.`,
    en: `# HPO
The system changes the parameters that one would otherwise change by hand, and trains again and again. One training is a trial.
# Setting up
- In the step Algorithm, check HPO for each parameter to search.
- In the step Settings, say how many trials and which goal.
# While it runs
- Trials appear in the list and their values follow live.
- Once a trial meets the goal, Submit is possible; you may also wait for a better one.
- The model of the submitted trial becomes the model of this experiment.`,
  },
  template: `${head}<div x-problem="problem"></div><div class="notice page-notice" x-show="draft() && locked()">${icon('lock')}<span x-text="locked()"></span></div>
    <div class="run-setup" x-show="draft()" :inert="locked() ? '' : false"><div class="stack">${likeNotice()}<div>${hpoSteps}</div></div><aside>${configuration}</aside></div>
    <div class="stack" x-show="live()">${under}${ended}<div class="stack" x-show="!list.hpo && !problem" aria-hidden="true"><span class="skeleton-block tall"></span><span class="skeleton-block tall"></span></div>
      <div class="stack" x-show="list.hpo">${trialTable}<div class="run-live-grid"><div class="stack">${pictureBox}</div>${configuration}</div></div></div>`,
  component: (route) => {
    const id = Number(route.params.id);
    const hpo = hpoSetup(route.signal);
    // The reactive one is only there once the page stands.
    let form: typeof hpo = hpo;
    let dividing = () => '';
    let filled = () => {};
    let waiting = 0;
    const lookInTurn = inTurn();
    let pictures: HpoPictures | null = null;
    return component({
      ...experimentState,
      ...likeness,
      id,
      experiment: null as Experiment | null,
      project: null as Project | null,
      figures: { algorithm: null, preset: null } as Figures,
      problem: null as unknown,
      hpo,
      setup: runSetup(route.signal, {
        steps: STEPS,
        wrong: (step) => (step === 'algorithm' && form.wrongAlgorithm()) || (step === 'settings' && (form.wrongSettings() || dividing() !== '')),
      }),
      list: trialList(),
      tab: 'history' as PictureTab,
      drawn: false,
      starting: false,
      stopping: false,
      submitting: false,
      gflopsText,
      gpuText,
      memoryText,
      async init() {
        filled = guardAnswers(
          route,
          id,
          () => this.draft(),
          () => this.request(),
        );
        form = this.hpo;
        dividing = () => this.stoppingProblem();
        route.signal.addEventListener('abort', () => clearTimeout(waiting));
        onChange('experiment', { signal: route.signal }, (changed, record) => {
          if (changed !== id) return;
          if (!record) {
            this.problem = { key: 'exp.deleted' } satisfies Said;
            return;
          }
          this.experiment = Object.freeze({ ...record });
          if (record.status !== 'draft') this.soon();
        });
        onChange('job', { signal: route.signal }, (_id, job) => {
          if (job?.kind === 'trial' && job.subjectId === id) this.soon();
        });
        onResync(route.signal, () => void this.load());
        void this.$nextTick(() => this.watchPicture());
        await this.load();
      },
      async load() {
        try {
          const { answer, heard } = await hearing('experiment', () => openExperiment(id, route.signal, (opened) => displayName(this.experiment ?? opened)));
          const { project } = answer;
          const newer = heard.get(id);
          // It was deleted meanwhile, which has been told.
          if (newer === null) return;
          const experiment = newer ?? answer.experiment;
          const before = this.experiment;
          this.problem = null;
          this.experiment = Object.freeze(experiment);
          this.project = project;
          if (experiment.status !== 'draft') {
            await this.look();
            if (!before) void this.describe(experiment);
          } else await this.setup.begin(() => this.prepare(experiment));
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
        }
      },
      async prepare(experiment: Experiment) {
        const dataset = await api.get<Dataset>(`/api/datasets/${experiment.datasetId}`, undefined, route.signal);
        await this.hpo.load();
        await this.setup.load(dataset);
        this.hpo.fit(this.setup.parameters.input_size);
        const example = await searchExample(route, experiment);
        if (example) {
          this.lost = Object.freeze(await this.setup.take(example.config));
          this.hpo.take(example.config);
          this.like = example.name;
        }
        filled();
      },
      async look() {
        const answer = await lookInTurn(() =>
          Promise.all([
            api.get<Hpo>(`/api/experiments/${id}/hpo`, undefined, route.signal),
            api.get<HpoPictures>(`/api/experiments/${id}/hpo/pictures`, undefined, route.signal),
          ]),
        );
        if (!answer) return;
        const [look, drawings] = answer;
        this.experiment = Object.freeze(look.experiment);
        this.list.set(look);
        pictures = drawings;
        this.draw();
      },
      /** Each epoch of a trial is told: asked for at most once a second. */
      soon() {
        if (waiting) return;
        waiting = window.setTimeout(() => {
          waiting = 0;
          void this.look().catch(() => {});
        }, 1000);
      },
      async describe(experiment: Experiment) {
        this.figures = Object.freeze(await figuresOf(experiment, route.signal));
      },

      // ---- pictures
      watchPicture() {
        if (route.signal.aborted) return;
        const place = this.$refs.picture as HTMLElement;
        const size = new ResizeObserver(() => this.draw());
        size.observe(place);
        const release = effect(() => {
          void language.now;
          void this.tab;
          this.draw();
        });
        place.addEventListener('click', (event) => {
          const trial = (event.target as Element).closest<SVGElement>('[data-trial]')?.dataset.trial;
          if (trial !== undefined) this.details(Number(trial));
        });
        route.signal.addEventListener('abort', () => {
          size.disconnect();
          release();
        });
      },
      draw() {
        const place = this.$refs.picture as HTMLElement | undefined;
        const look = this.list.hpo;
        if (!place || !pictures || !look || place.clientWidth < 200) return;
        const { metric, type, goal } = look.config.objective;
        const markup = pictureMarkup(this.tab, pictures, { width: place.clientWidth, metric, maximize: type === 'maximize', goal, best: look.best });
        place.innerHTML = markup;
        this.drawn = markup !== '';
      },
      details(n: number) {
        if (this.experiment) openTrial(this.experiment, n, { locked: this.locked() !== '', signal: route.signal });
      },

      // ---- states
      heading() {
        return this.experiment?.name || t('hpo.title');
      },
      // ---- start, stop, submit
      metricChoices() {
        return (this.hpo.options?.objectiveMetrics ?? []).map((name) => ({ value: name, text: name }));
      },
      /** A fold's epochs say nothing of the next fold's: ended early, a trial would be judged by its first folds alone. */
      stoppingProblem(): string {
        return this.setup.split.way === 'folds' && this.hpo.stopping !== 'none' ? t('hpo.stopping.folds') : '';
      },
      mayStart() {
        return this.draft() && !this.locked() && this.setup.state === 'ready' && this.hpo.options !== null && this.setup.complete();
      },
      startNote() {
        return t(this.setup.complete() ? 'run.start.ready' : 'hpo.start.need');
      },
      request(): HpoRequest {
        return { ...this.setup.config(), ...this.hpo.request() };
      },
      async start() {
        if (!this.mayStart() || this.starting) return;
        this.starting = true;
        this.problem = null;
        try {
          this.experiment = Object.freeze(await api.post<Experiment>(`/api/experiments/${id}/hpo`, this.request()));
          await this.look();
          void this.describe(this.experiment);
        } catch (error) {
          this.problem = error;
        } finally {
          this.starting = false;
        }
      },
      async stop() {
        if (!(await confirm(() => ({ title: t('hpo.stop.title'), text: t('hpo.stop.text'), ok: t('hpo.stop'), danger: true })))) return;
        // Until it has ended; trials that are under way take their time.
        this.stopping = true;
        try {
          await api.post(`/api/experiments/${id}/stop`);
        } catch (error) {
          this.stopping = false;
          toastError(error);
        }
      },
      maySubmit() {
        return this.list.choice()?.canSubmit === true;
      },
      submitNote() {
        const look = this.list.hpo;
        if (!look) return '';
        const choice = this.list.choice();
        if (choice?.canSubmit) return t('hpo.submit.ready', { name: choice.name });
        if (look.canSubmit) return t(choice ? 'hpo.submit.not' : 'hpo.submit.choose');
        const { metric, goal, type } = look.config.objective;
        if (goal === null) return t('hpo.submit.none');
        const best = look.best === null ? null : (look.trials[look.best]?.value ?? null);
        return t('hpo.submit.goal', { metric, goal: `${type === 'maximize' ? '≥' : '≤'} ${shownValue(goal)}`, best: metricText(metric, best) });
      },
      async submit() {
        const choice = this.list.choice();
        if (!choice?.canSubmit || this.submitting) return;
        const value = `${this.list.hpo?.config.objective.metric ?? ''} ${metricText(this.list.hpo?.config.objective.metric ?? '', choice.value)}`;
        if (!(await confirm(() => ({ title: t('hpo.submit.title'), text: t('hpo.submit.text'), points: [choice.name, value], ok: t('hpo.submit') })))) return;
        this.submitting = true;
        try {
          this.experiment = Object.freeze(await api.post<Experiment>(`/api/experiments/${id}/hpo/submit`, { trial: choice.trial }));
          toast('success', t('hpo.submitted'));
          await this.look();
        } catch (error) {
          toastError(error);
        } finally {
          this.submitting = false;
        }
      },

      // ---- words
      ended() {
        const done = new Set(['succeeded', 'pruned', 'failed', 'aborted']);
        return (this.list.hpo?.trials ?? []).filter((row) => done.has(row.state)).length;
      },
      share() {
        const max = this.list.hpo?.config.settings.maxTrialCount ?? 0;
        return max ? Math.min(100, Math.round((this.ended() / max) * 100)) : 0;
      },
      countText() {
        const max = this.list.hpo?.config.settings.maxTrialCount;
        return max ? t('hpo.state.count', { ended: this.ended(), max }) : '';
      },
      stateText() {
        if (this.stopping) return t('run.stoppingNow');
        if (this.list.hpo?.settled) return t('hpo.state.settled');
        return t(this.experiment?.status === 'pending' ? 'hpo.state.pending' : 'hpo.state.running');
      },
      bestText() {
        const look = this.list.hpo;
        if (!look) return '';
        const best = look.best !== null ? look.trials[look.best] : null;
        if (!best) return t('hpo.state.noBest');
        const { metric } = look.config.objective;
        return t('hpo.state.best', { metric, value: metricText(metric, best.value) });
      },
      endTitle() {
        const status = this.experiment?.status;
        return t(status === 'failed' ? 'hpo.over.failed' : status === 'aborted' ? 'hpo.over.aborted' : 'hpo.over.succeeded');
      },
      endText() {
        const { experiment } = this;
        const look = this.list.hpo;
        if (experiment?.status === 'failed') return experiment.failure ? inLanguage(experiment.failure) : '';
        if (experiment?.status === 'aborted') return t('hpo.over.aborted.text');
        const trial = look?.trials.find((row) => row.submitted);
        if (!look || !trial) return '';
        const { metric } = look.config.objective;
        return t('hpo.over.succeeded.text', { name: trial.name, metric, value: metricText(metric, trial.value) });
      },
      parts(): ConfigurationPart[] {
        const { experiment, setup } = this;
        const request = this.list.hpo?.config ?? this.request();
        const started = this.live();
        const done = started ? { split: true, algorithm: true, settings: true, resources: true } : setup.done;
        const parts = configurationParts({
          config: request,
          dataset: experiment ? `${experiment.datasetName} v${experiment.datasetVersion}` : '',
          figures: started ? this.figures : setup.figures(),
          done,
        });
        const parameters = parts.find((part) => part.key === 'parameters');
        if (parameters) parameters.facts = parameters.facts.map((fact) => (fact.name in request.search ? { ...fact, value: 'HPO' } : fact));
        const { settings, objective } = request;
        const ways: ConfigurationPart[] = [
          {
            key: 'search',
            title: 'hpo.conf.search',
            done: done.algorithm,
            facts: Object.entries(request.search).map(([name, range]) => ({ name, value: rangeText(name, range) })),
          },
          {
            key: 'settings',
            title: 'hpo.conf.settings',
            done: done.settings,
            facts: [
              { name: 'MaxTrialCount', value: String(settings.maxTrialCount) },
              { name: 'ParallelTrialCount', value: String(settings.parallelTrialCount) },
              { name: 'MaxFailedTrialCount', value: String(settings.maxFailedTrialCount) },
              { name: t('hpo.sampler'), value: t(`hpo.sampler.${request.sampler}`) },
              { name: t('hpo.stopping'), value: t(`hpo.stopping.${request.stopping}`) },
              { name: 'Metric', value: objective.metric },
              { name: t('hpo.type'), value: objective.type },
              { name: t('hpo.goal'), value: objective.goal === null ? t('hpo.conf.none') : shownValue(objective.goal) },
            ],
          },
        ];
        return [...parts.slice(0, -1), ...ways, ...parts.slice(-1)];
      },
    });
  },
});
