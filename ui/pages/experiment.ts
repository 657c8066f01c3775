/** Details of an ended experiment: evaluation, graphs, confusion matrix, facts, log; of a failed one, why. */
import type { CrossValidationResult, EpochRow, Experiment, Project, Score, TrainResult } from '../../server/http/schemas.ts';
import { type ClassScore, classScores, classScoresView, scoreText } from '../charts/class-scores.ts';
import { type ConfusionRow, confusionRows, confusionTone, confusionTotal, confusionView } from '../charts/confusion.ts';
import { epochGraphs } from '../charts/epochs.ts';
import { foldRows, foldsMean, foldsView } from '../charts/folds.ts';
import { jobLog, logView } from '../components/log.ts';
import { openMenu } from '../components/menu.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/run.ts';
import * as format from '../i18n/format.ts';
import type { Key } from '../i18n/keys.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { hearing, onChange, onResync, watchJob } from '../live/events.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { go } from '../router.ts';
import { splitFacts } from './data-split.ts';
import { detailsAddress, displayName, experimentMenu, isActive, modelAddress } from './experiment-actions.ts';
import { experimentState, openExperiment, warningNotice } from './experiment-state.ts';
import { parameterFacts } from './parameters.ts';
import { startText } from './start.ts';

const head = `<header class="page-head"><div><h1><span x-text="heading()"></span><span class="head-chip" x-status="experiment ? experiment.status : null"></span></h1><p x-text="subtitle()"></p></div>
  <div class="page-actions">
    <a class="button" x-show="usable()" :href="modelFile()" download>${icon('download')}<span x-t="details.download"></span></a>
    <a class="button primary" x-show="usable()" :href="inference()">${icon('scan-search')}<span x-t="details.inference"></span></a>
    <button type="button" class="icon-button" x-show="experiment" aria-haspopup="menu" @click="menu($el)" :aria-label="$t('table.more', { name: heading() })">${icon('ellipsis-vertical')}</button></div></header>`;

const score = (name: 'accuracy' | 'loss' | 'count', title: Key, hint?: Key) =>
  `<tr><th scope="row"><span class="th"><span x-t="${title}"></span>${hint ? `<button type="button" x-hint="${hint}"></button>` : ''}</span></th>${(['training', 'validation', 'test'] as const).map((part) => `<td class="end number" x-text="value('${part}', '${name}')"></td>`).join('')}</tr>`;

const evaluation = `<section class="box" x-show="result"><div class="box-head"><h2 x-t="details.evaluation"></h2></div>
  <div class="table-scroll" tabindex="0" role="region" x-t:aria-label="details.evaluation"><table class="table evaluation"><thead><tr><th scope="col" x-t="details.evaluator"></th><th scope="col" class="end" x-t="details.training"></th><th scope="col" class="end" x-t="details.validation"></th><th scope="col" class="end" x-t="details.test"></th></tr></thead>
  <tbody>${score('accuracy', 'details.accuracy', 'details.accuracy.hint')}${score('loss', 'details.loss', 'details.loss.hint')}${score('count', 'details.images')}</tbody></table></div></section>`;

const confusion = `<section class="box" x-show="confusion.length"><div class="box-head"><h2 x-t="details.confusion"></h2><button type="button" x-hint="details.confusion.hint"></button><span class="spacer"></span><span class="muted" x-text="confusionOf()"></span></div>
  <div class="box-body">${confusionView({ rows: 'confusion', classes: 'classes()', tone: 'confusionTone' })}</div></section>
  <section class="box" x-show="perClass.length"><div class="box-head"><h2 x-t="details.classes"></h2><span class="spacer"></span><span class="muted" x-text="confusionOf()"></span></div>${classScoresView('perClass')}</section>`;

const facts = `<section class="box"><div class="box-head"><h2 x-t="details.facts"></h2></div><div class="box-body"><dl class="facts"><template x-for="fact in facts()" :key="fact.name"><div class="fact"><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl></div></section>`;

export default page({
  title: 'details.title',
  help: {
    ko: `# 실험 상세 정보
- 평가 결과에서 Test 정확도가 실제 사용 성능에 가장 가깝습니다.
- 혼동 행렬은 어떤 클래스끼리 헷갈리는지 보여 줍니다. 대각선이 진할수록 좋습니다.
- Training만 높고 Test가 낮으면 이미지를 더 모으거나 데이터 증강을 켜 보세요.
# 다음 단계
추론으로 새 이미지를 판정하거나, 모델 파일(ONNX)을 내려받아 다른 프로그램에서 사용할 수 있습니다.`,
    en: `# Details of an experiment
- Of the evaluation, test accuracy comes closest to what you will see in use.
- The confusion matrix shows which classes get mixed up. The darker the diagonal, the better.
- Training high but test low: collect more pictures, or turn on augment.
# Next step
Use the model on new pictures under Inference, or download it (ONNX) for another program.`,
  },
  template: `${head}<div x-problem="problem"></div>
    <section class="banner red" x-show="failed()" role="status"><span class="banner-icon" x-icon="'circle-x'"></span><div><h2 x-t="details.failed"></h2><p x-text="why()"></p><details x-show="detailsText()"><summary x-t="error.details"></summary><pre x-text="detailsText()"></pre></details></div>
      <div class="banner-actions" x-show="!locked()"><button type="button" class="button" @click="again()">${icon('refresh-cw')}<span x-t="details.again"></span></button></div></section>
    <section class="banner orange" x-show="aborted()" role="status"><span class="banner-icon" x-icon="'circle-stop'"></span><div><h2 x-t="details.aborted"></h2><p x-t="details.aborted.usable"></p></div></section>
    ${warningNotice('result')}
    <div class="details-grid"><div class="stack">${evaluation}
        ${foldsView('folds')}
        <section class="box"><div class="box-head"><h2 x-t="details.graph"></h2></div><div class="box-body chart-box" :class="{ none: loaded && !epochs.length }"><div x-ref="charts"></div><p class="chart-empty" x-show="loaded && !epochs.length" x-t="graph.none"></p></div></section>
        ${confusion}</div>
      <div class="stack">${facts}</div></div>
    ${logView('log')}`,
  component: (route) => {
    const id = Number(route.params.id);
    const graphs = epochGraphs(route.signal);
    let watched: number | null = null;
    return component({
      ...experimentState,
      experiment: null as Experiment | null,
      project: null as Project | null,
      result: null as TrainResult | null,
      epochs: [] as readonly EpochRow[],
      confusion: [] as readonly ConfusionRow[],
      perClass: [] as readonly ClassScore[],
      folds: null as CrossValidationResult | null,
      problem: null as unknown,
      loaded: false,
      log: jobLog(),
      confusionTone,
      scoreText,
      foldRows,
      foldsMean,
      async init() {
        onChange('experiment', { signal: route.signal }, (changed, record) => {
          if (changed !== id) return;
          if (record) this.experiment = Object.freeze({ ...record });
          else void go(this.project ? `/projects/${this.project.id}/experiments` : '/', { replace: true });
        });
        onResync(route.signal, () => void this.load());
        void this.$nextTick(() => {
          if (route.signal.aborted) return;
          this.log.attach(this.$refs.log as HTMLElement);
          graphs.attach(this.$refs.charts as HTMLElement, () => this.heading());
        });
        await this.load();
      },
      async load() {
        try {
          const { answer, heard } = await hearing('experiment', () => openExperiment(id, route.signal, (opened) => displayName(this.experiment ?? opened)));
          const { project, result, epochs } = answer;
          const experiment = heard.get(id) ?? answer.experiment;
          // What is set up or under way has its screen on the Run page; so has what has ended since it was asked for, since its result is not in the answer.
          const live = [answer.experiment, experiment].find((one) => one.status === 'draft' || isActive(one));
          if (live) return void go(detailsAddress(live), { replace: true });
          this.problem = null;
          this.project = project;
          this.experiment = Object.freeze({ ...experiment });
          this.result = result && Object.freeze(result);
          this.epochs = Object.freeze(epochs);
          this.confusion = result ? Object.freeze(confusionRows(result.classes, result.confusion)) : [];
          this.perClass = result ? Object.freeze(classScores(result.classes, result.confusion)) : [];
          this.folds = result?.crossValidation ?? null;
          graphs.set(this.epochs);
          this.loaded = true;
          if (experiment.jobId !== null && watched !== experiment.jobId) {
            watched = experiment.jobId;
            watchJob(experiment.jobId, {
              signal: route.signal,
              onEvent: (event) => {
                if (event.type === 'log') this.log.add(event);
              },
            });
          }
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
        }
      },
      heading() {
        return this.experiment ? displayName(this.experiment) : t('details.title');
      },
      subtitle() {
        const of = this.experiment;
        return of ? [of.config?.algorithm, `${of.datasetName} v${of.datasetVersion}`].filter(Boolean).join(' · ') : '';
      },
      failed() {
        return this.experiment?.status === 'failed';
      },
      aborted() {
        return this.experiment?.status === 'aborted';
      },
      why() {
        return this.experiment?.failure ? inLanguage(this.experiment.failure) : '';
      },
      detailsText() {
        const failure = this.experiment?.failure;
        return failure ? [failure.code, ...Object.entries(failure.params).map(([name, value]) => `${name}: ${value}`)].join('\n') : '';
      },
      modelFile() {
        return this.experiment ? modelAddress(this.experiment) : '';
      },
      value(part: 'training' | 'validation' | 'test', name: keyof Score) {
        const score = this.result?.evaluation[part];
        if (!score) return '–';
        if (name === 'count') return format.count(score.count);
        return format.decimal(score[name], name === 'accuracy' ? 2 : 4);
      },
      classes() {
        return this.result?.classes ?? [];
      },
      confusionOf() {
        const { result } = this;
        if (!result) return '';
        return t(result.evaluation.test ? 'details.confusion.test' : 'details.confusion.validation', { n: confusionTotal(result.confusion) });
      },
      facts() {
        const of = this.experiment;
        if (!of) return [];
        const { config } = of;
        const { result } = this;
        const list: { name: string; value: string }[] = [];
        const add = (name: Key, value: string | null | undefined) => value && list.push({ name: t(name), value });
        add('fact.dataset', `${of.datasetName} v${of.datasetVersion}`);
        add('fact.algorithm', config?.algorithm);
        if (config?.start) add('start.label', startText(config.start));
        if (result) {
          add('fact.classes', format.count(result.classes.length));
          add('fact.parameters', t('fact.parameters.value', { n: format.large(result.parameters) }));
          add('fact.gflops', `${format.decimal(result.gflops, result.gflops < 1 ? 3 : 2)} GFLOPs`);
          // With folds it counts within one of them.
          const total = result.crossValidation ? (config?.parameters.epoch ?? result.epochs) : result.epochs;
          add('fact.bestEpoch', t('fact.bestEpoch.value', { n: result.bestEpoch, total }));
        }
        if (config) {
          const { split, parameters } = config;
          list.push(...splitFacts(split));
          list.push(...parameterFacts(parameters));
          add('fact.preset', config.preset);
        }
        if (result) {
          if (result.endedEarly) add('fact.endedEarly', t('fact.endedEarly.value', { n: result.epochs }));
          add('fact.device', result.device);
          add('fact.time', format.duration(result.seconds));
          add('fact.speed', t('fact.speed.value', { n: format.decimal(result.imagesPerSecond, 1) }));
        }
        add('fact.started', format.dayAndTime(of.startedAt));
        add('fact.finished', format.dayAndTime(of.finishedAt));
        add('fact.owner', of.ownerName);
        return list;
      },
      /** This page leaves by itself when its experiment is deleted. */
      menu(anchor: HTMLElement) {
        if (this.experiment) openMenu(anchor, experimentMenu(this.experiment, this.locked()));
      },
    });
  },
});
