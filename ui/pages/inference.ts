/** Inference: choose a model and data, start; and the inferences of before. */
import type { Dataset, Experiment, ExperimentDetails, Inference, Project } from '../../server/http/schemas.ts';
import { api, wasAborted } from '../api.ts';
import { type ChosenFile, dropZone } from '../components/drop.ts';
import { segmented } from '../components/field.ts';
import { openMenu } from '../components/menu.ts';
import { finder, searchSelect } from '../components/search-select.ts';
import { statusWord } from '../components/status.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/inference.ts';
import * as format from '../i18n/format.ts';
import { type Said, t } from '../i18n/language.ts';
import { loadStubbornly } from '../live/events.ts';
import { liveList } from '../live/list.ts';
import { openProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';
import { KeptUploads } from '../upload/kept.ts';
import { ACCEPT, isWrong, packed, type Selection, select } from '../upload/prepare.ts';
import type { Sent } from '../upload/send.ts';
import { askToCancel } from '../upload/shown.ts';
import { sendingText, sendingView } from '../upload/view.ts';
import { readOnlyReason } from './dataset-actions.ts';
import { displayName } from './experiment-actions.ts';
import { deleteInference } from './inference-actions.ts';

type Source = 'local' | 'private' | 'shared';

const columns = columnsOf<Inference>()([
  { key: 'id', title: 'inf.col.id', value: (row) => row.id, className: 'narrow number from-700', search: true },
  {
    key: 'model',
    title: 'inf.col.model',
    value: (row) => row.experimentName,
    search: true,
    className: 'grow',
    cell: `<a class="row-name" :href="'/inferences/' + row.id" x-text="row.experimentName"></a>`,
  },
  { key: 'source', title: 'inf.col.source', value: (row) => row.sourceName, search: true, cell: `<span x-text="row.sourceName"></span>`, className: 'given' },
  {
    key: 'count',
    title: 'inf.col.count',
    value: (row) => row.count,
    cell: `<span x-text="row.count ? $f.count(row.count) : '–'"></span>`,
    align: 'end',
    className: 'narrow number from-800',
  },
  {
    key: 'accuracy',
    title: 'inf.col.accuracy',
    value: (row) => row.accuracy,
    cell: `<span x-text="row.accuracy === null ? '–' : $f.percent(row.accuracy)"></span>`,
    align: 'end',
    className: 'narrow number',
  },
  {
    key: 'state',
    title: 'inf.col.status',
    value: (row) => row.state,
    text: (row) => statusWord(row.state),
    search: true,
    cell: `<span x-status="row.state"></span>`,
    className: 'narrow',
  },
  {
    key: 'createdAt',
    title: 'inf.col.created',
    value: (row) => row.createdAt,
    cell: `<span x-time="row.createdAt"></span>`,
    className: 'narrow number from-900',
  },
  {
    key: 'open',
    title: 'inf.col.results',
    value: () => null,
    sort: false,
    className: 'narrow',
    cell: `<a class="button small" :href="'/inferences/' + row.id" :aria-label="$t('inf.open') + ': #' + row.id"><span x-t="inf.open"></span></a>`,
  },
]);

const model = `<section class="box"><div class="box-head"><h2 x-t="inf.model"></h2></div><div class="box-body stack">
    <div x-show="models.length">${searchSelect({ model: 'experimentId', label: 'inf.model.choose', from: 'modelChoices()', finder: 'modelFinder', note: 'inf.model.note' })}</div>
    <dl class="facts" x-show="chosen()"><template x-for="fact in modelFacts()" :key="fact.name"><div class="fact"><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl>
    <div x-show="state === 'ready' && !models.length">${emptyState({ icon: 'flask-conical', title: 'inf.model.none.title', text: 'inf.model.none', buttons: `<a class="button primary" :href="experimentsAddress">${icon('flask-conical')}<span x-t="inf.toExperiments"></span></a>` })}</div>
    <div class="skeleton-block" x-show="state === 'loading'"></div></div></section>`;

const data = `<section class="box"><div class="box-head"><h2 x-t="inf.data"></h2></div><div class="box-body stack" @files-chosen="take($event.detail)">
    <div class="source-row">${segmented({
      model: 'source',
      label: 'inf.data',
      choices: [
        { value: 'local', text: 'inf.source.local' },
        { value: 'private', text: 'inf.source.private' },
        { value: 'shared', text: 'inf.source.shared' },
      ],
      change: 'sourceChanged()',
    })}<span class="muted" x-text="$t('inf.source.' + source + '.note')"></span></div>
    <div x-show="source === 'local' && !sending">${dropZone({ text: 'new.drop', note: 'new.drop.note', accept: ACCEPT, folder: true })}</div>
    <p class="field-error" role="alert" x-show="source === 'local' && wrong" x-text="$say(wrong)"></p>
    <div class="chosen" x-show="source === 'local' && selection"><div class="chosen-head"><span class="chosen-icon" x-icon="'images'"></span><div class="chosen-what"><b class="cut" x-text="what()"></b><span class="muted" x-text="size()"></span></div>
      <button type="button" class="button quiet" x-show="!busy" @click="clear()">${icon('x')}<span x-t="new.clear"></span></button></div></div>
    ${sendingView('sending')}
    <div x-show="source !== 'local' && datasetChoices().length">${searchSelect({ model: 'datasetId', label: 'inf.dataset', from: 'datasetChoices()', finder: 'dataFinder' })}</div>
    <p class="muted" x-show="source !== 'local' && state === 'ready' && !datasetChoices().length" x-t="inf.dataset.none"></p></div></section>`;

export default page({
  title: 'inf.title',
  help: {
    ko: `# 추론
학습이 끝난 모델로 새 이미지를 판정합니다.
# 순서
- 모델을 선택합니다. 실험 목록의 더 보기(⋮)에서 추론을 누르면 그 모델이 선택되어 있습니다.
- 데이터를 선택합니다. Local은 이 PC에서 올리고, Private과 Shared는 데이터셋을 사용합니다.
- 시작을 누릅니다.
# 결과
이미지마다 클래스명(점수)_파일 이름이 표시됩니다. 결과 저장을 누르면 CSV와 JSON을 받을 수 있습니다.`,
    en: `# Inference
A trained model judges new pictures.
# Steps
- Choose the model. Inference in an experiment’s More menu (⋮) opens this page with its model chosen.
- Choose the data: Local uploads from this PC, Private and Shared use datasets.
- Press Start.
# Results
Each picture shows Class(Score)_filename. Save Results downloads them as CSV and JSON.`,
  },
  template: `${pageHead('inf.title', 'inf.purpose', `<button type="button" class="button primary large" x-show="!sending" :disabled="!mayStart()" :aria-busy="busy ? 'true' : 'false'" :title="startNote()" @click="start()">${icon('play')}<span x-t="inf.start"></span></button><button type="button" class="button danger large" x-show="sending" @click="cancel()">${icon('square')}<span x-t="inf.stop"></span></button>`)}
    <div class="notice page-notice" x-show="locked()">${icon('lock')}<span x-text="locked()"></span></div>
    <div x-problem="problem"></div>
    <div class="inference-choose">${model}${data}</div>
    <p class="muted start-line" x-text="startNote()"></p>
    <h2 class="section-title" x-t="inf.earlier"></h2>
    ${tableView(columns, { state: 'list', caption: 'inf.earlier', rowName: "'#' + row.id", menu: 'menu($el, row)', open: 'openRow(row)', period: true, empty: `<p x-t="inf.earlier.empty"></p>` })}`,
  component: (route) => {
    const projectId = Number(route.params.id);
    const details = new Map<number, ExperimentDetails>();
    const uploads = new KeptUploads();
    return component({
      list: tableOf(columns, { name: 'inferences', date: (row) => row.createdAt, sort: { key: 'id', down: true } }),
      state: 'loading' as 'loading' | 'ready',
      project: null as Project | null,
      problem: null as unknown,
      models: [] as readonly Experiment[],
      datasets: [] as readonly Dataset[],
      details: 0,
      experimentId: '',
      modelFinder: finder(),
      dataFinder: finder(),
      source: 'local' as Source,
      datasetId: '',
      selection: null as Selection | null,
      wrong: null as Said | null,
      busy: false,
      startedAt: 0,
      sending: null as (Sent & { title: Said }) | null,
      cancelling: null as AbortController | null,
      experimentsAddress: `/projects/${projectId}/experiments`,
      async init() {
        route.guard(() => this.busy);
        route.signal.addEventListener('abort', () => {
          this.cancelling?.abort();
          uploads.forget();
        });
        this.$watch('experimentId', () => void this.loadDetails());
        const project = await loadStubbornly(
          () => openProject(projectId),
          route.signal,
          (error) => {
            this.problem = error;
            this.list.fail(error);
          },
        );
        if (!project) return;
        this.project = project;
        keepPlace(route.signal, () => [{ text: project.name, to: `/projects/${projectId}/data` }, { text: t('inf.title') }]);
        const wanted = route.query.get('experiment');
        liveList({
          kind: 'experiment',
          projectId,
          signal: route.signal,
          load: () => api.get<Experiment[]>(`/api/projects/${projectId}/experiments`, undefined, route.signal),
          belongs: (row) => row.usable,
          changed: (rows) => {
            if (this.state === 'loading') this.problem = null;
            this.models = Object.freeze(rows.filter((row) => row.usable).sort((a, b) => b.id - a.id));
            this.state = 'ready';
            const known = (id: string | null) => this.models.some((row) => String(row.id) === id);
            if (!known(this.experimentId)) {
              // The newest that came to its end; a training that was stopped is chosen by hand.
              const first = this.models.find((row) => row.status !== 'aborted') ?? this.models[0];
              this.experimentId = wanted && known(wanted) ? wanted : String(first?.id ?? '');
            }
          },
          failed: (error) => {
            this.problem = error;
          },
        });
        liveList({
          kind: 'inference',
          projectId,
          signal: route.signal,
          load: () => api.get<Inference[]>(`/api/projects/${projectId}/inferences`, undefined, route.signal),
          changed: (rows) => this.list.set(rows),
          failed: (error) => this.list.fail(error),
        });
        liveList({
          kind: 'dataset',
          signal: route.signal,
          load: () => api.get<Dataset[]>(`/api/projects/${projectId}/datasets`, { shared: true }, route.signal),
          // What other projects share comes with the list; a change to one of those is taken over, others are not ours to show.
          belongs: (row) => row.projectId === projectId || this.datasets.some((one) => one.id === row.id && row.visibility === 'shared'),
          changed: (rows) => {
            this.datasets = Object.freeze(rows.filter((row) => row.status === 'ready'));
            this.sourceChanged();
          },
        });
      },
      async loadDetails() {
        const id = Number(this.experimentId);
        if (!id || details.has(id)) return;
        const loaded = await api.get<ExperimentDetails>(`/api/experiments/${id}`, undefined, route.signal).catch(() => null);
        if (loaded) details.set(id, loaded);
        this.details++;
      },
      locked() {
        return readOnlyReason(this.project);
      },
      chosen() {
        return this.models.find((row) => String(row.id) === String(this.experimentId)) ?? null;
      },
      modelChoices() {
        return this.models.map((row) => ({
          value: String(row.id),
          text: `${displayName(row)} (${row.config?.algorithm ?? ''} · ${row.datasetName} v${row.datasetVersion})`,
        }));
      },
      modelFacts() {
        const of = this.chosen();
        if (!of) return [];
        // Read, so that the facts follow when the details have come.
        const result = this.details >= 0 ? details.get(of.id)?.result : null;
        return [
          { name: t('fact.algorithm'), value: of.config?.algorithm ?? '' },
          { name: t('fact.dataset'), value: `${of.datasetName} v${of.datasetVersion}` },
          ...(result?.evaluation.test
            ? [{ name: t('inf.accuracy'), value: t('inf.model.accuracy', { n: format.percent(result.evaluation.test.accuracy) }) }]
            : []),
          ...(result ? [{ name: t('fact.classes'), value: result.classes.join(', ') }] : []),
        ];
      },
      sourceChanged() {
        const choices = this.datasetChoices();
        if (!choices.some((one) => one.value === String(this.datasetId))) this.datasetId = choices[0]?.value ?? '';
      },
      datasetChoices() {
        const own = this.source === 'private';
        return this.datasets
          .filter((row) => (own ? row.projectId === projectId : row.visibility === 'shared'))
          .sort((a, b) => b.id - a.id)
          .map((row) => ({ value: String(row.id), text: t('inf.dataset.item', { name: row.name, version: row.version, n: row.count }) }));
      },
      take(files: ChosenFile[]) {
        if (this.busy) return;
        const result = select(files, this.selection, false);
        if (isWrong(result)) {
          this.wrong = result;
          return;
        }
        this.wrong = null;
        this.selection = Object.freeze({ ...result, files: Object.freeze(result.files) }) as Selection;
      },
      clear() {
        this.selection = null;
        this.wrong = null;
      },
      what() {
        const of = this.selection;
        if (!of) return '';
        return of.kind === 'archive' ? (of.files[0]?.file.name ?? '') : t('new.pictures', { n: of.files.length });
      },
      size() {
        return this.selection ? format.bytes(this.selection.bytes) : '';
      },
      hasData() {
        return this.source === 'local' ? this.selection !== null : Boolean(this.datasetId);
      },
      mayStart() {
        return !this.busy && !this.locked() && this.chosen() !== null && this.hasData();
      },
      startNote() {
        if (this.busy || this.state === 'loading') return '';
        if (!this.chosen()) return t('inf.start.model');
        return t(this.hasData() ? 'inf.start.ready' : 'inf.start.data');
      },
      async start() {
        if (!this.mayStart()) return;
        const cancelling = new AbortController();
        this.cancelling = cancelling;
        this.startedAt = Date.now();
        this.busy = true;
        this.problem = null;
        try {
          const source =
            this.source === 'local'
              ? { kind: 'upload', uploadId: await this.upload(cancelling.signal) }
              : { kind: 'dataset', datasetId: Number(this.datasetId) };
          this.cancelling = null;
          const made = await api.post<Inference>(`/api/projects/${projectId}/inferences`, { experimentId: Number(this.experimentId), source });
          if (source.kind === 'upload') uploads.used('pictures');
          route.guard(() => false);
          await go(`/inferences/${made.id}`);
        } catch (error) {
          uploads.failed(error);
          if (!wasAborted(error)) this.problem = error;
        } finally {
          this.busy = false;
          this.sending = null;
          this.cancelling = null;
        }
      },
      upload(signal: AbortSignal) {
        const sent = packed(this.selection as Selection);
        return uploads.send('pictures', this, sent, { key: 'upload.sending', params: { name: sent.name } }, signal);
      },
      cancel() {
        return askToCancel(this);
      },
      sendingText,
      openRow(row: Inference) {
        void go(`/inferences/${row.id}`);
      },
      menu(anchor: HTMLElement, row: Inference) {
        const reason = this.locked() || (row.state === 'running' || row.state === 'pending' ? statusWord(row.state) : '');
        openMenu(anchor, [
          { text: t('inf.open'), icon: 'eye', run: () => this.openRow(row) },
          {
            text: t('action.delete'),
            icon: 'trash-2',
            danger: true,
            separated: true,
            disabled: Boolean(reason),
            note: reason,
            run: () => void deleteInference(row),
          },
        ]);
      },
    });
  },
});
