/** AutoML: a draft is given several algorithms and started; then the leaderboard of what came of it, live. */
import type { Dataset, Experiment, Preset, Progress, Project } from '../../server/http/schemas.ts';
import type { Leaderboard, LeaderboardRow } from '../../server/http/training-schemas.ts';
import { api } from '../api.ts';
import { openDialog } from '../components/dialog.ts';
import { effect } from '../effect.ts';
import '../i18n/areas/automl.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/run.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { hearing, inTurn, onChange, onProgress, onResync } from '../live/events.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { automlConfirm } from './automl-confirm.ts';
import { automlSetup, automlView } from './automl-setup.ts';
import { gflopsText, gpuText, memoryText } from './configuration.ts';
import { splitFacts } from './data-split.ts';
import { readOnlyReason } from './dataset-actions.ts';
import { detailsAddress, displayName, inferenceAddress } from './experiment-actions.ts';
import { openExperiment } from './experiment-state.ts';
import { parameterFacts } from './parameters.ts';
import { guardAnswers, runSetup } from './run-setup.ts';

const head = `<header class="page-head"><div><h1 x-t="automl.title"></h1><p x-text="$t(draft() ? 'automl.purpose' : 'automl.purpose.board')"></p></div>
  <div class="page-actions"><span class="muted start-note" role="status" x-show="draft() && note()" x-text="note()"></span><button type="button" class="button primary large automl-start" x-show="draft()" :disabled="!mayStart() || starting" :aria-busy="starting ? 'true' : 'false'" @click="start()">${icon('play')}<span x-t="automl.start"></span></button></div></header>`;

const board = `<div class="stack" x-show="board">
    <section class="banner blue" x-show="board && !board.complete" role="status"><span class="banner-icon" x-icon="'hourglass'"></span><div><h2 x-text="counted()"></h2><p x-t="automl.board.pending"></p></div></section>
    <section class="banner green" x-show="recommended()" role="status"><span class="banner-icon" x-icon="'trophy'"></span><div><h2 x-text="recommendedTitle()"></h2><ul class="reasons"><template x-for="reason in reasons()" :key="reason"><li x-text="reason"></li></template></ul></div>
      <div class="banner-actions"><a class="button" :href="address(recommended())">${icon('file-text')}<span x-t="automl.details"></span></a><a class="button primary" :href="inference(recommended())">${icon('scan-search')}<span x-t="automl.infer"></span></a></div></section>
    <section class="banner red" x-show="board && board.complete && !recommended()" role="status"><span class="banner-icon" x-icon="'circle-x'"></span><div><h2 x-t="automl.board.none"></h2><p x-t="automl.board.none.text"></p></div></section>
    <section class="table-box"><div class="box-head"><h2 x-t="automl.board"></h2><span class="spacer"></span><span class="muted" x-text="counted()"></span></div>
      <div class="table-scroll" tabindex="0" role="region" x-t:aria-label="automl.board"><table class="table"><thead><tr><th scope="col" class="narrow end" x-t="automl.rank"></th><th scope="col" class="grow" x-t="automl.model"></th><th scope="col" x-t="exp.algorithm"></th><th scope="col" x-t="exp.status"></th><th scope="col" class="end" x-t="automl.validation"></th><th scope="col" class="end" x-t="automl.test"></th><th scope="col" class="end" x-t="automl.size"></th><th scope="col" class="end" x-t="automl.speed"></th><th scope="col" class="end" x-t="automl.training"></th><th scope="col" class="more"><span x-t="automl.details"></span></th></tr></thead>
      <tbody><template x-for="(row, index) in rowsOfBoard()" :key="row.experiment.id"><tr :class="{ selected: isRecommended(row) }"><td class="end number" x-text="rank(row, index)"></td>
        <td class="grow"><a class="row-name" :href="address(row.experiment)" x-text="row.experiment.name"></a><span class="chip plain green" x-show="isRecommended(row)" x-t="automl.recommended"></span><div class="row-progress" x-show="row.experiment.status === 'running'" x-progress.thin="progressOf(row.experiment)"></div></td>
        <td x-text="row.experiment.config ? row.experiment.config.algorithm : ''"></td><td><span x-status="row.experiment.status"></span></td>
        <td class="end number" x-text="score(row.validation)"></td><td class="end number" x-text="score(row.test)"></td><td class="end number" x-text="row.sizeBytes === null ? '–' : $f.bytes(row.sizeBytes)"></td><td class="end number" x-text="speed(row)"></td><td class="end number" x-text="row.trainingSeconds === null ? '–' : $f.duration(row.trainingSeconds)"></td>
        <td class="more"><a class="button small" :href="address(row.experiment)" :aria-label="$t('automl.details') + ': ' + row.experiment.name"><span x-t="automl.details"></span></a></td></tr></template></tbody></table></div></section></div>`;

export default page({
  title: 'automl.title',
  help: {
    ko: `# AutoML
어떤 알고리즘이 좋을지 모를 때 사용합니다. 고른 알고리즘을 같은 데이터로 학습해 비교합니다.
# 시작하기
- 추천 알고리즘이 미리 선택되어 있습니다. 그대로 시작해도 됩니다.
- 목록에서 알고리즘을 누르면 오른쪽에서 파라미터를 바꿀 수 있습니다.
- 알고리즘마다 실험이 하나씩 만들어지고, 자원이 비는 대로 차례로 학습합니다.
# 순위표
모두 끝나면 정확도, 크기, 속도를 비교해 추천 모델과 그 이유를 보여 줍니다.`,
    en: `# AutoML
For when you do not know which algorithm suits. Those that you choose learn from the same data and are compared.
# Starting
- The suited ones are checked already; starting as it is will do.
- Press an algorithm in the list to change its parameters at the right.
- Each becomes an experiment of its own and trains as soon as there is room.
# Leaderboard
When all have ended, accuracy, size and speed are compared, and one model is recommended with the reasons.`,
  },
  template: `${head}<div x-problem="problem"></div><div class="notice page-notice" x-show="draft() && locked()">${icon('lock')}<span x-text="locked()"></span></div>${automlView}${board}`,
  component: (route) => {
    const id = Number(route.params.id);
    let waiting = 0;
    const boardInTurn = inTurn();
    let filled = () => {};
    return component({
      experiment: null as Experiment | null,
      project: null as Project | null,
      dataset: null as Dataset | null,
      board: null as Leaderboard | null,
      progress: {} as Record<number, Progress>,
      problem: null as unknown,
      setup: runSetup(route.signal),
      auto: automlSetup(),
      editing: '' as '' | 'data' | 'algorithm',
      starting: false,
      gflopsText,
      async init() {
        route.signal.addEventListener('abort', () => clearTimeout(waiting));
        filled = guardAnswers(
          route,
          id,
          () => this.draft(),
          () => ({ chosen: this.chosenNames(), each: this.auto.each, starts: this.auto.startKeys, split: this.setup.split.request() }),
        );
        onChange('experiment', { signal: route.signal }, (changed, record) => {
          const group = this.board?.automlGroup;
          if (group !== undefined && (record?.automlGroup === group || this.board?.rows.some((row) => row.experiment.id === changed))) this.soon();
          else if (changed === id && !this.starting) void this.load();
        });
        onProgress(route.signal, (jobId, progress) => {
          this.progress = { ...this.progress, [jobId]: progress };
        });
        onResync(route.signal, () => void this.load());
        await this.load();
      },
      async load() {
        try {
          const { experiment, project } = await openExperiment(id, route.signal, (opened) => (this.draft() ? displayName(opened) : t('automl.board')));
          this.problem = null;
          this.experiment = Object.freeze(experiment);
          this.project = project;
          if (experiment.status !== 'draft') return await this.loadBoard();
          await this.setup.begin(() => this.prepare(experiment));
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
        }
      },
      async prepare({ datasetId }: Experiment) {
        const dataset = await api.get<Dataset>(`/api/datasets/${datasetId}`, undefined, route.signal);
        this.dataset = Object.freeze(dataset);
        await this.setup.load(dataset);
        const { algorithms, parameters, starts } = this.setup;
        this.auto.begin(algorithms, parameters.input_size, starts);
        const followed = effect(() => {
          this.auto.starts = this.setup.starts;
        });
        route.signal.addEventListener('abort', followed);
        filled();
      },
      async loadBoard() {
        const found = await boardInTurn(() => hearing('experiment', () => api.get<Leaderboard>(`/api/experiments/${id}/automl`, undefined, route.signal)));
        if (!found) return;
        const { answer: board, heard } = found;
        this.board = Object.freeze(board);
        // What changed meanwhile may not be in it.
        if ([...heard.values()].some((one) => one?.automlGroup === board.automlGroup)) this.soon();
      },
      /** Each epoch changes an experiment: asked for at most twice a second. */
      soon() {
        if (waiting) return;
        waiting = window.setTimeout(() => {
          waiting = 0;
          void this.loadBoard().catch(() => {});
        }, 500);
      },

      draft() {
        return this.experiment?.status === 'draft' && !this.board;
      },
      locked() {
        return readOnlyReason(this.project);
      },
      edit(part: 'data' | 'algorithm') {
        this.editing = this.editing === part ? '' : part;
      },
      rows() {
        return this.setup.found();
      },
      presetText(preset: Preset) {
        const parts = [preset.gpu ? gpuText(preset) : '', t('run.preset.cores', { n: preset.cores }), memoryText(preset)].filter(Boolean).join(' · ');
        return `${preset.name} (${parts})`;
      },
      dataFacts() {
        const name = this.dataset ? `${this.dataset.name} v${this.dataset.version}` : '';
        return [{ name: t('run.conf.name'), value: name }, ...splitFacts(this.setup.split.request())];
      },
      parameterFacts() {
        const { edited, focused } = this.auto;
        if (!edited) return [];
        return [{ name: t('run.conf.name'), value: focused }, { name: t('start.label'), value: this.auto.startText(focused) }, ...parameterFacts(edited)];
      },
      note() {
        if (this.setup.state !== 'ready') return '';
        if (!this.auto.chosen.length) return t('automl.need');
        const wrong = this.auto.wrong();
        if (wrong.length) return t('automl.wrong', { names: wrong.join(', ') });
        return this.setup.split.problem();
      },
      mayStart() {
        return this.setup.state === 'ready' && !this.locked() && !this.note() && Boolean(this.setup.preset);
      },
      /** In the order of the table. */
      chosenNames() {
        return this.setup.algorithms.map((one) => one.name).filter((name) => this.auto.has(name));
      },
      request(names: readonly string[]) {
        return { algorithms: this.auto.request(names), split: this.setup.split.request(), preset: this.setup.preset };
      },
      async start() {
        if (!this.mayStart() || this.starting || !this.dataset) return;
        const { setup, auto } = this;
        const names = await openDialog(automlConfirm, {
          dataset: `${this.dataset.name} v${this.dataset.version}`,
          split: setup.split.request(),
          algorithms: this.chosenNames().map((name) => {
            const of = auto.each[name];
            return {
              name,
              details: of
                ? [
                    `epoch ${of.epoch} · batch_size ${of.batch_size} · learning_rate ${of.learning_rate} · input_size ${of.input_size} px`,
                    ...(auto.startKeys[name] ? [auto.startText(name)] : []),
                  ].join(' · ')
                : '',
            };
          }),
        });
        if (!names) return;
        this.starting = true;
        this.problem = null;
        try {
          const made = await api.post<Experiment[]>(`/api/experiments/${id}/automl`, this.request(names));
          this.experiment = made.find((one) => one.id === id) ?? this.experiment;
          await this.loadBoard();
        } catch (error) {
          this.problem = error;
        } finally {
          this.starting = false;
        }
      },

      rowsOfBoard(): readonly LeaderboardRow[] {
        return this.board?.rows ?? [];
      },
      counted() {
        const rows = this.rowsOfBoard();
        const ended = rows.filter(({ experiment }) => experiment.status !== 'pending' && experiment.status !== 'running').length;
        return t('automl.board.waiting', { ended, all: rows.length });
      },
      recommended(): Experiment | null {
        const best = this.board?.recommended;
        return (best && this.rowsOfBoard().find((row) => row.experiment.id === best.experimentId)?.experiment) ?? null;
      },
      isRecommended(row: LeaderboardRow) {
        return this.board?.recommended?.experimentId === row.experiment.id;
      },
      recommendedTitle() {
        return t('automl.board.recommended', { name: this.recommended()?.config?.algorithm ?? '' });
      },
      reasons() {
        return (this.board?.recommended?.reasons ?? []).map(inLanguage);
      },
      rank(row: LeaderboardRow, index: number) {
        return row.validation ? String(index + 1) : '–';
      },
      score(score: LeaderboardRow['test']) {
        return score ? format.decimal(score.accuracy) : '–';
      },
      speed(row: LeaderboardRow) {
        const n = row.inferenceImagesPerSecond;
        return n === null ? '–' : t('automl.speed.value', { n: n < 10 ? format.decimal(n, 1) : format.count(Math.round(n)) });
      },
      progressOf(experiment: Experiment) {
        return experiment.jobId === null ? null : (this.progress[experiment.jobId] ?? null);
      },
      address(experiment: Experiment | null) {
        return experiment ? detailsAddress(experiment) : '';
      },
      inference(experiment: Experiment | null) {
        return experiment ? inferenceAddress(experiment) : '';
      },
    });
  },
});
