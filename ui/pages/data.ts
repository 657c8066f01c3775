/** The datasets of a project. */
import type { Dataset, Job, Progress, Project } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { download } from '../components/download.ts';
import { explain } from '../components/explain.ts';
import { segmented } from '../components/field.ts';
import { bindKeys } from '../components/keys.ts';
import { openMenu } from '../components/menu.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { toastError } from '../components/toast.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/data.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { loadStubbornly, onProgress } from '../live/events.ts';
import { liveList } from '../live/list.ts';
import { openProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';
import {
  addLabelItem,
  deleteDataset,
  editDataset,
  exportBlock,
  exportToExperiment,
  labelText,
  preprocessItem,
  readOnlyReason,
  tableFile,
  tryAgainItem,
} from './dataset-actions.ts';
import { labelItems } from './dataset-labels.ts';

/** As the manual marks a dataset that was made a short time ago: for_manual ᴺ */
const RECENT_MS = 24 * 3600_000;

const columns = columnsOf<Dataset>()([
  {
    key: 'name',
    title: 'data.name',
    value: (row) => row.name,
    // The description stands under the name, where there is always room for it.
    text: (row) => `${row.name}\n${row.description}`,
    search: true,
    className: 'grow',
    cell: `<a class="row-name" :href="address(row)"><span x-text="row.name"></span></a><span class="chip plain grey" x-show="foreign(row)" x-text="row.createdBy"></span><sup class="new-mark" x-show="recent(row)" x-t:title="data.newMark"><span aria-hidden="true">N</span><span class="visually-hidden" x-t="data.newMark"></span></sup>
      <p class="row-note cut" data-verbatim x-show="row.description" x-text="row.description" :title="row.description"></p>
      <p class="row-note" x-show="row.status === 'failed'" x-text="why(row)" :title="why(row)"></p>
      <div class="row-progress" x-show="row.status === 'ingesting'" x-progress="progress(row)"></div>`,
  },
  { key: 'version', title: 'data.version', value: (row) => row.version, align: 'end', className: 'narrow number' },
  { key: 'type', title: 'data.type', value: (row) => row.type, cell: `<span x-text="$t('type.' + row.type)"></span>`, className: 'narrow from-1000' },
  {
    key: 'sizeBytes',
    title: 'data.size',
    value: (row) => row.sizeBytes,
    cell: `<span x-text="row.status === 'ingesting' ? '–' : $f.bytes(row.sizeBytes)"></span>`,
    align: 'end',
    className: 'narrow number from-700',
  },
  {
    key: 'count',
    title: 'data.items',
    value: (row) => row.count,
    cell: `<span x-text="row.status === 'ready' ? $f.count(row.count) : '–'"></span>`,
    align: 'end',
    className: 'narrow number',
  },
  { key: 'label', title: 'data.label', value: (row) => labelText(row), search: true, cell: `<span x-text="label(row)"></span>` },
  {
    key: 'visibility',
    title: 'data.visibility',
    value: (row) => row.visibility,
    cell: `<span x-text="$t('data.visibility.' + row.visibility)"></span>`,
    className: 'narrow from-800',
  },
  { key: 'status', title: 'data.status', value: (row) => row.status, cell: `<span x-status="row.status"></span>`, className: 'narrow' },
  {
    key: 'createdAt',
    title: 'data.created',
    value: (row) => row.createdAt,
    cell: `<span x-time.day="row.createdAt"></span>`,
    className: 'narrow number from-800',
  },
  {
    key: 'export',
    title: 'data.export',
    value: () => null,
    sort: false,
    className: 'narrow export-cell',
    cell: `<button type="button" class="button small" @click.stop="exportRow(row, $el)" :aria-disabled="block(row) ? 'true' : 'false'" :title="block(row)" :aria-label="$t('data.export') + ': ' + row.name">${icon('flask-conical')}<span class="from-800" x-t="data.export.short"></span></button>`,
  },
]);

export default page({
  title: 'data.title',
  help: {
    ko: `# 데이터 메뉴
데이터셋은 학습에 쓰는 이미지나 표와 그 라벨의 묶음입니다.
# 데이터셋 만들기
- 새 데이터셋을 눌러 이미지 폴더, ZIP·TAR 파일 또는 표(CSV, XLSX)를 올립니다.
- 이미지의 라벨은 클래스 폴더나 라벨 파일에서 읽습니다. 나중에 더 보기(⋮)의 라벨 업로드로 등록할 수도 있습니다.
# 학습 시작하기
- 라벨이 모두 등록된 데이터셋은 내보내기 버튼으로 실험 초안을 만들 수 있습니다.
- 버튼이 흐리면 눌러서 이유를 확인해 주세요.
# 더 보기(⋮)
- 전처리는 이미지나 행을 바꾸어 다음 버전을 만듭니다.
- 데이터셋 다운로드는 데이터와 라벨을 함께 저장합니다.
- 삭제한 데이터셋은 휴지통에서 복원할 수 있습니다.
# Private와 Shared
Private은 이 프로젝트에서만, Shared는 같은 그룹에서 함께 사용합니다.`,
    en: `# The Data menu
A dataset is a set of pictures or a table, with the labels that models learn from.
# Making a dataset
- Press New Dataset and upload folders of pictures, a ZIP or TAR file, or a table (CSV, XLSX).
- Labels of pictures come from class folders or label files. They can be given later, too, by Label Upload under More (⋮).
# Starting to train
- Export makes a draft experiment of a dataset that is fully labelled.
- Where the button is grey, press it to read why.
# More (⋮)
- Preprocess changes pictures or rows into the next version.
- Download Dataset saves the data with its labels.
- What you delete can be restored from the trash.
# Private and Shared
Private datasets belong to this project, shared ones to your group.`,
  },
  template: `
    ${pageHead('data.title', 'data.purpose', `<a class="button" :href="trashAddress">${icon('trash-2')}<span x-t="data.trash"></span></a><a class="button primary" :href="newAddress" x-show="!locked()">${icon('plus')}<span x-t="data.new"></span></a>`)}
    <div class="notice page-notice" x-show="locked()">${icon('lock')}<span x-text="locked()"></span></div>
    <div x-problem="problem"></div>
    ${tableView(columns, {
      state: 'list',
      caption: 'data.list',
      rowName: 'row.name',
      menu: 'menu($el, row)',
      open: 'openRow(row)',
      period: true,
      filters: segmented({
        model: 'list.only',
        label: 'data.visibility',
        choices: [
          { value: '', text: 'data.visibility.all' },
          { value: 'private', text: 'data.visibility.private' },
          { value: 'shared', text: 'data.visibility.shared' },
        ],
        change: 'list.search()',
      }),
      empty: emptyState({
        icon: 'images',
        title: 'data.empty.title',
        text: 'data.empty.text',
        buttons: `<a class="button primary" :href="newAddress" x-show="!locked()">${icon('plus')}<span x-t="data.new"></span></a>
          <button type="button" class="button" @click="sample()" :disabled="making" :aria-busy="making">${icon('sparkles')}<span x-t="data.sample"></span></button>`,
      }),
    })}`,
  component: (route) => {
    const projectId = Number(route.params.id);
    return component({
      list: tableOf(columns, {
        name: 'datasets',
        date: (row) => row.createdAt,
        sort: { key: 'createdAt', down: true },
        keep: (row, visibility) => row.visibility === visibility,
      }),
      project: null as Project | null,
      problem: null as unknown,
      making: false,
      trashAddress: `/projects/${projectId}/trash`,
      newAddress: `/projects/${projectId}/data/new`,
      jobs: {} as Record<number, Progress>,
      async init(): Promise<void> {
        onProgress(route.signal, (jobId, progress) => {
          this.jobs = { ...this.jobs, [jobId]: progress };
        });
        const load = () => openProject(projectId);
        const project = await loadStubbornly(load, route.signal, (error) => this.list.fail(error));
        if (!project) return;
        this.project = project;
        if (project.type === 'tabular') this.newAddress = `/projects/${projectId}/data/new-table`;
        keepPlace(route.signal, () => [{ text: project.name, to: `/projects/${projectId}/data` }, { text: t('data.title') }]);
        liveList({
          kind: 'dataset',
          signal: route.signal,
          load: () => api.get<Dataset[]>(`/api/projects/${projectId}/datasets`, { shared: true }, route.signal),
          // What other projects share comes with the list; changes to those are followed, other projects' new ones come with the next load.
          belongs: (row) => row.projectId === projectId || (row.visibility === 'shared' && this.list.rows.some((one) => one.id === row.id)),
          changed: (rows) => {
            this.list.set(rows);
            void this.progressOf(rows);
          },
          failed: (error) => this.list.fail(error),
        });
        bindKeys(route.signal, [{ key: 'n', text: 'keys.new', run: () => this.add() }]);
      },
      /** Progress that was reported before the page was opened. */
      async progressOf(rows: readonly Dataset[]) {
        for (const row of rows) {
          if (row.status !== 'ingesting' || row.jobId === null || this.jobs[row.jobId]) continue;
          const job = await api.get<Job>(`/api/jobs/${row.jobId}`, undefined, route.signal).catch(() => null);
          if (job?.progress && !this.jobs[job.id]) this.jobs = { ...this.jobs, [job.id]: job.progress };
        }
      },
      progress(row: Dataset) {
        return row.jobId === null ? null : (this.jobs[row.jobId] ?? null);
      },
      why: (row: Dataset) => (row.failure ? inLanguage(row.failure) : ''),
      recent: (row: Dataset) => Date.now() - Date.parse(row.createdAt) < RECENT_MS,
      label: labelText,
      locked() {
        return readOnlyReason(this.project);
      },
      block(row: Dataset) {
        return exportBlock(row, this.project);
      },
      exportRow(row: Dataset, anchor: HTMLElement) {
        const reason = this.block(row);
        if (reason) explain(anchor, reason);
        else void exportToExperiment(row, projectId);
      },
      add(): void {
        if (!this.locked()) void go(this.newAddress);
      },
      openRow(row: Dataset) {
        void go(this.address(row));
      },
      /** Shared by another project of the group. */
      foreign: (row: Dataset) => row.projectId !== projectId,
      address(row: Dataset) {
        if (row.projectId !== projectId) return `/datasets/${row.id}?project=${projectId}`;
        // With its job, so that a failure can still be told when the dataset is gone.
        return row.status === 'ingesting' ? `/datasets/${row.id}?job=${row.jobId}` : `/datasets/${row.id}`;
      },
      menu(anchor: HTMLElement, row: Dataset) {
        const reason = this.foreign(row) ? t('data.foreign') : this.locked();
        openMenu(anchor, [
          { text: t('action.details'), icon: 'eye', run: () => this.openRow(row) },
          ...tryAgainItem(row, reason),
          preprocessItem(row, reason),
          ...(row.table ? [{ text: t('data.download'), icon: 'download', run: () => download(tableFile(row.id)) }] : []),
          { text: t('action.edit'), icon: 'pencil', disabled: Boolean(reason), note: reason, run: () => void editDataset(row) },
          ...addLabelItem(row, reason, this.project),
          ...labelItems(row, reason),
          {
            text: t('action.delete'),
            icon: 'trash-2',
            danger: true,
            separated: true,
            disabled: Boolean(reason),
            note: reason,
            run: () => void deleteDataset(row),
          },
        ]);
      },
      async sample() {
        this.making = true;
        try {
          const project = await api.post<Project>('/api/projects/sample');
          await go(`/projects/${project.id}/data`);
        } catch (error) {
          toastError(error);
        } finally {
          this.making = false;
        }
      },
    });
  },
});
