/** One dataset: how its upload is coming on, then its pictures, classes and report. */
import type { DatasetStatistics, LabelReport } from '../../server/http/label-schemas.ts';
import type { PreprocessMethods } from '../../server/http/preprocess-schemas.ts';
import type { Dataset, Duplicates, Job, PictureRow, Progress, Project } from '../../server/http/schemas.ts';
import { ApiError, api } from '../api.ts';
import { download } from '../components/download.ts';
import { explain } from '../components/explain.ts';
import { openMenu } from '../components/menu.ts';
import { emptyState } from '../components/table.ts';
import { tabPanel, tabs } from '../components/tabs.ts';
import { toastError } from '../components/toast.ts';
import { effect } from '../effect.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/shared.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, type Said, t } from '../i18n/language.ts';
import { endedJob } from '../live/ended-job.ts';
import { hearing, onChange, onProgress, onResync } from '../live/events.ts';
import { openProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import type { PictureGrid } from '../pictures/grid.ts';
import { openViewer } from '../pictures/viewer.ts';
import { go } from '../router.ts';
import {
  addLabelItem,
  addLabelTo,
  deleteDataset,
  editDataset,
  exportBlock,
  exportToExperiment,
  labelText,
  missingText,
  preprocessItem,
  readOnlyReason,
  tableFile,
  tryAgain,
  tryAgainItem,
} from './dataset-actions.ts';
import { duplicatesView, loadDuplicates } from './dataset-duplicates.ts';
import { hasLabelReport, labelItems, uploadLabels } from './dataset-labels.ts';
import { barsOf, gridOfPictures, isShaped, pictureInFull, picturesView } from './dataset-pictures.ts';
import { provenanceOf, provenanceView } from './dataset-provenance.ts';
import { reportView, skippedReason } from './dataset-report.ts';
import { type StatisticsInWords, statisticsInWords, statisticsView } from './dataset-statistics.ts';
import { labelReportView, type ReportInWords, reportInWords } from './label-report.ts';
import { tableDetails } from './table-details.ts';

const head = `<header class="page-head"><div><h1><span x-text="title()"></span></h1>
    <p><span data-verbatim x-show="description()" x-text="description()"></span> <button type="button" class="link-button" x-show="mayChange() && !failure" @click="edit()" x-text="$t(description() ? 'action.edit' : 'dataset.describe')"></button></p></div>
  <div class="page-actions" x-show="dataset && !failure">
    <button type="button" class="button primary" x-show="ready()" @click="exportIt($el)" :aria-disabled="blocked() ? 'true' : 'false'" :title="blocked()">${icon('flask-conical')}<span x-t="data.export"></span></button>
    <button type="button" class="icon-button" aria-haspopup="menu" @click="menu($el)" :aria-label="$t('table.more', { name: title() })">${icon('ellipsis-vertical')}</button></div></header>`;

const facts = `<dl class="fact-line" x-show="dataset && !failure"><template x-for="fact in facts()" :key="fact.key"><div><dt x-text="$t(fact.key)"></dt><dd x-text="fact.value"></dd></div></template>
  <div x-show="dataset"><dt x-t="data.status"></dt><dd x-status="dataset ? dataset.status : null"></dd></div></dl>`;

const ingesting = `<section class="box ingesting" x-show="busy()"><div class="box-body stack"><h2 x-t="dataset.ingesting"></h2><div x-progress="progress"></div>
    <div class="row"><p class="muted" x-t="dataset.ingesting.note"></p><span class="spacer"></span><button type="button" class="button" @click="stop()" :disabled="stopping">${icon('circle-stop')}<span x-t="action.stop"></span></button></div></div></section>`;

const failed = `<section class="box" x-show="failure"><div class="box-body stack"><h2 x-t="dataset.failed"></h2><div x-problem="failureText()"></div><p class="muted" x-t="dataset.failed.note"></p>
    <div class="row"><a class="button primary" :href="listAddress() + '/new'">${icon('upload')}<span x-t="dataset.again"></span></a><a class="button" :href="listAddress()" x-t="dataset.toList"></a></div></div></section>`;

/** Its upload is kept. */
const kept = `<section class="box" x-show="hasFailed()"><div class="box-body stack"><h2 x-t="dataset.failed"></h2><div x-problem="keptReason()"></div><p class="muted" x-text="keptText()"></p>
    <div class="row" x-show="mayChange()"><button type="button" class="button primary" @click="again()" :disabled="trying" :aria-busy="trying">${icon('refresh-cw')}<span x-t="data.tryAgain"></span></button><button type="button" class="button" @click="remove()">${icon('trash-2')}<span x-t="action.delete"></span></button></div></div></section>`;

export default page({
  title: 'dataset.title',
  help: {
    ko: `# 데이터셋 상세 정보
- 왼쪽의 클래스를 누르면 그 클래스의 이미지만 봅니다.
- 이미지를 누르면 크게 볼 수 있습니다. ← → 키로 넘기고 Esc로 닫습니다.
- 통계에서 이미지 크기의 분포와 똑같은 이미지를 확인합니다.
- 처리 결과에서 크기를 줄인 이미지와 건너뛴 파일, 그 이유를 확인합니다.
- 표는 행, 열별 통계, 열 사이의 관계를 보여 줍니다.
# 다음 단계
실험으로 내보내기를 누르면 학습을 설정할 수 있는 실험 초안이 만들어집니다.`,
    en: `# One dataset
- Press a class at the left to see its pictures only.
- Press a picture to see it large; ← → turn the page, Esc closes it.
- Statistics show how large the pictures are, and which of them are the same.
- The report lists pictures that were made smaller and files that were skipped, with the reason.
- Of a table you see the rows, statistics of each column, and how the columns go together.
# Next step
Export to Experiment makes a draft in which you set up the training.`,
  },
  template: `${head}<div x-problem="problem"></div>${facts}${provenanceView}${ingesting}${failed}${kept}
    <div class="stack" x-show="ready()">
      <p class="notice" x-show="foreign()">${icon('users')}<span x-t="shared.from"></span></p>
      <p class="notice ready" x-show="fresh && !blocked()">${icon('circle-check')}<span x-t="dataset.ready"></span></p>
      <p class="notice warn" x-show="blocked()">${icon('info')}<span x-text="blocked()"></span>&nbsp;<button type="button" class="link-button" x-show="mayAddLabel()" @click="addLabel()" x-t="assign.add"></button>&nbsp;<button type="button" class="link-button" x-show="mayLabel()" @click="giveLabels()" x-t="labels.upload"></button>&nbsp;<a class="link-button" x-show="mayUploadAgain()" :href="listAddress() + '/new'" x-t="dataset.again"></a><a class="link-button" x-show="mayFill()" :href="preprocessAddress" x-t="data.preprocess"></a></p>
      <p class="notice warn" x-show="skipped()">${icon('triangle-alert')}<span x-text="$t('dataset.report.some', { n: skipped() })"></span>&nbsp;<button type="button" class="link-button" @click="tab = 'report'" x-t="dataset.report.open"></button></p>
      <div x-show="labelFailure()"><h3 class="visually-hidden" x-t="labels.failed"></h3><div x-problem="labelFailure()"></div></div>
      <section class="box ingesting" x-show="readingLabels()"><div class="box-body stack"><h2 x-t="labels.upload.busy"></h2><div x-progress="labelProgress"></div><p class="muted" x-t="labels.upload.busy.note"></p></div></section>
      <p class="notice warn" x-show="strangers()">${icon('triangle-alert')}<span x-text="$t('labels.report.some', { n: strangers() })"></span>&nbsp;<button type="button" class="link-button" @click="tab = 'report'" x-t="dataset.report.open"></button></p>
      <div x-ref="table" x-show="isTable()"></div>
      <div x-show="!isTable()">${tabs({
        label: 'dataset.tabs',
        prefix: 'dataset',
        current: 'tab',
        tabs: [
          { key: 'pictures', text: 'dataset.tab.pictures', count: '$f.count(count())' },
          { key: 'statistics', text: 'labels.statistics' },
          { key: 'report', text: 'dataset.tab.report', count: `skipped() + strangers() ? $f.count(skipped() + strangers()) : ''` },
        ],
      })}
      ${tabPanel({ prefix: 'dataset', key: 'pictures', current: 'tab', content: picturesView })}
      ${tabPanel({ prefix: 'dataset', key: 'statistics', current: 'tab', content: `<div class="stack">${statisticsView}${duplicatesView}</div>` })}
      ${tabPanel({ prefix: 'dataset', key: 'report', current: 'tab', content: `<section class="box"><div class="box-body stack"><div x-problem="reportProblem"></div>${reportView('report()')}${labelReportView('labelReport')}<div x-show="!report() && !labelReport && !reportProblem && !provenance()">${emptyState({ icon: 'sparkles', title: 'dataset.tab.report', text: 'dataset.report.none' })}</div><div x-show="!report() && !labelReport && !reportProblem && provenance()">${emptyState({ icon: 'wand-sparkles', title: 'dataset.tab.report', text: 'dataset.report.made' })}</div></div></section>` })}</div></div>`,
  component: (route) => {
    const id = Number(route.params.id);
    return component({
      dataset: null as Dataset | null,
      project: null as Project | null,
      problem: null as unknown,
      failure: null as { ko: string; en: string } | 'stopped' | null,
      progress: null as Progress | null,
      stopping: false,
      trying: false,
      /** It became ready while the reader was watching. */
      fresh: false,
      preprocessAddress: `/datasets/${id}/preprocess`,
      tab: 'pictures',
      label: null as number | null,
      query: '',
      found: null as number | null,
      gridProblem: null as unknown,
      grid: null as { reload(): void } | null,
      labelProgress: null as Progress | null,
      labelReport: null as ReportInWords | null,
      statistics: null as StatisticsInWords | null,
      statisticsProblem: null as unknown,
      reportProblem: null as unknown,
      duplicates: null as Duplicates | null,
      methods: null as PreprocessMethods | null,
      asked: { report: null as LabelReport | null, statistics: null as DatasetStatistics | null },
      /** Tab, and revision of the labels, that was asked for last. */
      known: null as string | null,
      async init() {
        this.$watch('tab', () => void this.look());
        route.signal.addEventListener(
          'abort',
          effect(() => this.tell()),
        );
        let grid: PictureGrid<PictureRow> | null = null;
        route.signal.addEventListener('abort', () => grid?.end());
        this.grid = {
          reload: () => {
            const dataset = this.dataset;
            if (!dataset) return;
            grid ??= gridOfPictures(this.$refs.grid as HTMLElement, {
              dataset: () => this.dataset ?? dataset,
              query: () => ({ label: this.label, search: this.query.trim() }),
              loaded: (total) => {
                this.found = total;
                this.gridProblem = null;
              },
              failed: (error) => {
                this.gridProblem = error;
              },
              signal: route.signal,
            });
            grid.reload();
          },
        };
        onChange('dataset', { signal: route.signal }, (changed, record) => {
          if (changed !== id) return;
          if (record) this.take(record);
          else void this.gone(this.jobOf());
        });
        onProgress(route.signal, (jobId, progress) => {
          if (this.dataset?.jobId === jobId) this.progress = progress;
          if (this.dataset?.labelJobId === jobId) this.labelProgress = progress;
        });
        onResync(route.signal, () => void this.load());
        await this.load();
      },
      async load() {
        try {
          const { answer, heard } = await hearing('dataset', async () => {
            const dataset = await api.get<Dataset>(`/api/datasets/${id}`, undefined, route.signal);
            // A shared dataset is looked at from the project that would use it.
            const project = await openProject(Number(route.query.get('project')) || dataset.projectId);
            const job =
              dataset.status === 'ingesting' && dataset.jobId !== null
                ? await api.get<Job>(`/api/jobs/${dataset.jobId}`, undefined, route.signal).catch(() => null)
                : null;
            return { dataset, project, job };
          });
          const { project, job } = answer;
          const newer = heard.get(id);
          // It went away meanwhile, which has been told.
          if (newer === null) return;
          const dataset = newer ?? answer.dataset;
          this.problem = null;
          this.project = project;
          keepPlace(route.signal, () => [
            { text: project.name, to: `/projects/${project.id}/data` },
            { text: t('data.title'), to: `/projects/${project.id}/data` },
            { text: `${dataset.name} v${dataset.version}` },
          ]);
          this.progress ??= job?.progress ?? null;
          this.take(dataset);
        } catch (error) {
          if (route.signal.aborted) return;
          const jobId = this.jobOf();
          if (jobId && error instanceof ApiError && error.status === 404) await this.gone(jobId);
          else this.problem = error;
        }
      },
      /** An upload that fails at once is gone before its page is there; the address still knows the job. */
      jobOf() {
        return this.dataset?.jobId ?? (Number(route.query.get('job')) || null);
      },
      take(dataset: Dataset) {
        const before = this.dataset;
        if (before && before.jobId !== dataset.jobId) this.progress = null;
        this.dataset = Object.freeze({ ...dataset });
        if (dataset.status !== 'ready') return;
        if (dataset.labelJobId === null) this.labelProgress = null;
        if (before?.status === 'ready') {
          // Other labels: the grid and all that is told of them.
          if (before.labelRevision !== dataset.labelRevision) {
            this.label = null;
            this.grid?.reload();
            void this.look();
          }
          return;
        }
        void this.look();
        if (dataset.preprocessing) void this.loadMethods(dataset.type);
        if (before) this.fresh = !this.blocked();
        void this.$nextTick(() => (dataset.type === 'tabular' ? this.$refs.table?.replaceChildren(tableDetails(dataset, route.signal)) : this.grid?.reload()));
      },
      /** In the words of the language of the screen; again when that changes. */
      tell() {
        const { report, statistics } = this.asked;
        this.labelReport = report && Object.freeze(reportInWords(report));
        if (statistics) this.statistics = statisticsInWords(statistics);
      },
      /** Asks for what the tabs show, when one of them is open. */
      async look() {
        const dataset = this.dataset;
        if (dataset?.status !== 'ready' || dataset.type !== 'image') return;
        const wanted = `${dataset.labelRevision} ${this.tab}`;
        if (this.tab === 'pictures' || this.known === wanted) return;
        this.known = wanted;
        const { tab } = this;
        try {
          if (tab === 'report') {
            this.reportProblem = null;
            const report = await api.get<LabelReport | null>(`/api/datasets/${id}/labels/report`, undefined, route.signal);
            this.asked = { ...this.asked, report: hasLabelReport(dataset) ? Object.freeze(report) : null };
          } else {
            this.statisticsProblem = null;
            const statistics = await api.get<DatasetStatistics>(`/api/datasets/${id}/statistics`, undefined, route.signal);
            this.asked = { ...this.asked, statistics: Object.freeze(statistics) };
            this.duplicates = await loadDuplicates(id, 0, route.signal);
          }
        } catch (error) {
          this.known = null;
          if (route.signal.aborted) return;
          if (tab === 'report') this.reportProblem = error;
          else this.statisticsProblem = error;
        }
      },
      /** What the values of its provenance mean; without them it tells the methods alone. */
      async loadMethods(type: Dataset['type']) {
        this.methods = await api.get<PreprocessMethods>('/api/preprocess/methods', { type }, route.signal).catch(() => null);
      },
      async moreDuplicates() {
        const before = this.duplicates;
        if (!before) return;
        try {
          const next = await loadDuplicates(id, before.rows.length, route.signal);
          this.duplicates = { ...next, rows: [...before.rows, ...next.rows] };
        } catch (error) {
          if (!route.signal.aborted) this.statisticsProblem = error;
        }
      },
      /** Equal pictures one after another, large, each with its own name and label. */
      lookAtDuplicates(group: Duplicates['rows'][number]) {
        const dataset = this.dataset;
        if (!dataset) return;
        openViewer(0, {
          total: group.pictures.length,
          show: async (at) => {
            const row = group.pictures[at];
            return row && pictureInFull(this.dataset ?? dataset, row, route.signal);
          },
          closed: () => {},
        });
      },
      thumbnail: (n: number) => `/api/datasets/${id}/thumbnails/${n}`,
      labelName(label: number | null) {
        return label === null ? '' : (this.dataset?.classes[label]?.name ?? '');
      },
      /** The record went away: an upload that failed leaves nothing behind but its reason. */
      async gone(jobId: number | null) {
        const before = this.dataset;
        let job: Job | null = null;
        try {
          if (jobId && before?.status !== 'ready') job = await endedJob(jobId, route.signal);
        } catch (error) {
          if (route.signal.aborted) return;
          this.dataset = null;
          this.problem = error;
          return;
        }
        if (before?.status === 'ingesting' || job?.kind === 'ingest' || job?.kind === 'table') {
          this.failure = job?.failure ? { ko: job.failure.ko, en: job.failure.en } : 'stopped';
          if (job) this.project ??= await openProject(job.projectId).catch(() => null);
          return;
        }
        this.dataset = null;
        this.problem ??= { key: 'dataset.gone' } satisfies Said;
      },
      shaped() {
        return this.dataset !== null && isShaped(this.dataset);
      },
      bars() {
        return this.dataset ? barsOf(this.dataset) : [];
      },
      choose(index: number | null) {
        this.label = this.label === index ? null : index;
        this.reload();
      },
      reload() {
        this.grid?.reload();
      },
      title() {
        return this.dataset ? `${this.dataset.name} v${this.dataset.version}` : t('dataset.title');
      },
      description() {
        return this.dataset?.description ?? '';
      },
      provenance() {
        return this.dataset && provenanceOf(this.dataset, this.methods);
      },
      async edit() {
        const changed = this.dataset && (await editDataset(this.dataset));
        if (changed) this.take(changed);
      },
      facts() {
        const of = this.dataset;
        if (!of) return [];
        return [
          { key: 'data.type', value: t(`type.${of.type}`) },
          ...(of.status === 'failed' ? [{ key: 'data.uploadSize', value: format.bytes(of.sizeBytes) }] : []),
          ...(of.status === 'ready'
            ? [
                ...(of.table
                  ? [
                      { key: 'data.rows', value: format.count(of.count) },
                      { key: 'data.columns', value: format.count(of.table.columns) },
                      { key: 'data.missing', value: missingText(of.table) },
                    ]
                  : [{ key: 'data.count', value: format.count(of.count) }]),
                { key: 'data.size', value: format.bytes(of.sizeBytes) },
                { key: 'data.label', value: labelText(of) },
              ]
            : []),
          { key: 'data.visibility', value: t(`data.visibility.${of.visibility}`) },
          { key: 'data.created', value: format.dayAndTime(of.createdAt) },
          { key: 'data.createdBy', value: of.createdBy },
        ];
      },
      failureText() {
        if (!this.failure) return '';
        return this.failure === 'stopped' ? t('dataset.stopped') : inLanguage(this.failure);
      },
      isTable() {
        return this.dataset?.type === 'tabular';
      },
      ready() {
        return this.dataset?.status === 'ready';
      },
      busy() {
        return this.dataset?.status === 'ingesting' && !this.failure;
      },
      hasFailed() {
        return this.dataset?.status === 'failed' && !this.failure;
      },
      keptReason() {
        return this.dataset?.failure ? inLanguage(this.dataset.failure) : '';
      },
      keptText() {
        return this.dataset ? t('dataset.kept', { size: format.bytes(this.dataset.sizeBytes) }) : '';
      },
      async again() {
        if (!this.dataset || this.trying) return;
        this.trying = true;
        try {
          this.take(await tryAgain(this.dataset));
        } catch (error) {
          toastError(error);
        } finally {
          this.trying = false;
        }
      },
      async remove() {
        const list = this.listAddress();
        if (this.dataset && (await deleteDataset(this.dataset))) await go(list, { replace: true });
      },
      count() {
        return this.dataset?.count ?? 0;
      },
      report() {
        return this.dataset?.report ?? null;
      },
      skipped() {
        return this.dataset?.report?.skipped ?? 0;
      },
      /** What is worth a look in the label files. */
      readingLabels() {
        return this.dataset !== null && this.dataset.labelJobId !== null;
      },
      labelFailure() {
        const failure = this.dataset?.labelFailure;
        return failure && !this.readingLabels() ? inLanguage(failure) : '';
      },
      strangers() {
        return this.dataset?.labelFindings ?? 0;
      },
      foreign() {
        return this.dataset !== null && this.project !== null && this.dataset.projectId !== this.project.id;
      },
      mayChange() {
        return Boolean(this.dataset && this.dataset.projectId === this.project?.id && !readOnlyReason(this.project));
      },
      mayLabel() {
        return this.mayChange() && this.dataset?.type === 'image' && this.dataset.labelledCount < this.dataset.count && !this.readingLabels();
      },
      /** People label what has no labels at all. */
      mayAddLabel() {
        return this.mayLabel() && !this.dataset?.labelledCount && this.dataset?.exportBlockedBy === 'dataset_unlabelled';
      },
      addLabel() {
        if (this.dataset && this.project) void addLabelTo(this.dataset, this.project);
      },
      async giveLabels() {
        const changed = this.dataset && (await uploadLabels(this.dataset));
        if (changed) this.take(changed);
      },
      /** What is missing can be filled without the file. */
      mayFill() {
        return this.mayChange() && this.dataset?.exportBlockedBy === 'dataset_missing_values';
      },
      mayUploadAgain() {
        if (this.mayFill()) return false;
        return this.mayChange() && Boolean(this.blocked()) && this.dataset?.exportBlockedBy !== 'problem_without_trainer';
      },
      reason: skippedReason,
      blocked() {
        return this.dataset && this.dataset.status === 'ready' ? exportBlock(this.dataset, this.project) : '';
      },
      exportIt(anchor: HTMLElement) {
        const reason = this.blocked();
        if (reason) explain(anchor, reason);
        else if (this.dataset && this.project) void exportToExperiment(this.dataset, this.project.id);
      },
      listAddress() {
        return this.project ? `/projects/${this.project.id}/data` : '/';
      },
      async stop() {
        if (this.dataset?.jobId == null) return;
        this.stopping = true;
        try {
          await api.post(`/api/jobs/${this.dataset.jobId}/stop`);
        } catch (error) {
          toastError(error);
        } finally {
          this.stopping = false;
        }
      },
      menu(anchor: HTMLElement) {
        const dataset = this.dataset;
        if (!dataset) return;
        const reason = dataset.projectId === this.project?.id ? readOnlyReason(this.project) : t('data.foreign');
        openMenu(anchor, [
          ...tryAgainItem(dataset, reason),
          preprocessItem(dataset, reason),
          ...(dataset.table ? [{ text: t('data.download'), icon: 'download', run: () => download(tableFile(dataset.id)) }] : []),
          { text: t('action.edit'), icon: 'pencil', disabled: Boolean(reason), note: reason, run: () => void this.edit() },
          ...addLabelItem(dataset, reason, this.project),
          ...labelItems(dataset, reason, (changed) => this.take(changed)),
          {
            text: t('action.delete'),
            icon: 'trash-2',
            danger: true,
            separated: true,
            disabled: Boolean(reason),
            note: reason,
            run: () => void this.remove(),
          },
        ]);
      },
    });
  },
});
