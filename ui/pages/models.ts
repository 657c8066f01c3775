/** The model repository of the group. */
import type { ModelEntry } from '../../server/http/library-schemas.ts';
import { api } from '../api.ts';
import { openMenu } from '../components/menu.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import '../i18n/areas/library.ts';
import '../i18n/areas/weights.ts';
import { t } from '../i18n/language.ts';
import { problemText } from '../i18n/problem.ts';
import { inTurn, onChange, onResync } from '../live/events.ts';
import { loaded } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';
import { deleteModel, isNew, renameModel } from './model-actions.ts';

const columns = columnsOf<ModelEntry>()([
  {
    key: 'name',
    title: 'model.name',
    value: (row) => row.name,
    search: true,
    className: 'grow',
    cell: `<a class="row-name" :href="'/models/' + row.id" x-text="row.name"></a> <span class="chip plain blue" x-show="isNew(row)" x-t="model.new"></span>`,
  },
  {
    key: 'group',
    title: 'model.group',
    value: (row) => row.groupName,
    search: true,
    cell: `<span x-text="row.groupName"></span>`,
    className: 'given from-800',
  },
  { key: 'type', title: 'model.kind', value: problemText, cell: '<span x-text="problem(row)"></span>', className: 'from-700' },
  { key: 'versions', title: 'model.versions', value: (row) => row.versions, align: 'end', className: 'narrow number' },
  {
    key: 'latestVersion',
    title: 'model.latest',
    value: (row) => row.latestVersion,
    cell: `<span x-text="row.latestVersion === null ? '–' : 'v' + row.latestVersion"></span>`,
    align: 'end',
    className: 'narrow number',
  },
  {
    key: 'owner',
    title: 'model.owner',
    value: (row) => row.ownerName,
    search: true,
    cell: `<span x-text="row.ownerName"></span>`,
    className: 'given from-900',
  },
  { key: 'updatedAt', title: 'model.updated', value: (row) => row.updatedAt, cell: `<span x-time="row.updatedAt"></span>`, className: 'narrow number' },
]);

export default page({
  title: 'model.title',
  help: {
    ko: `# 모델 저장소
실험에서 모델로 등록한 것이 여기에 모입니다. 같은 그룹의 사람은 누구나 볼 수 있습니다.
- new 표시는 아직 열어 보지 않은 새 모델이나 버전입니다.
- 모델을 누르면 버전 목록과 버전 관리 설정을 볼 수 있습니다.
- 같은 모델에 다시 등록하면 버전이 하나씩 올라갑니다.`,
    en: `# Model repository
What was registered from experiments. Everybody of the group can see it.
- new marks models and versions that you have not opened yet.
- Open a model for its versions and how many of them are kept.
- Registering to the same model again makes the next version.`,
  },
  template: `${pageHead('model.title', 'model.purpose', `<a class="button" href="/weights">${icon('layers')}<span x-t="weights.open"></span></a>`)}
    ${tableView(columns, {
      state: 'list',
      caption: 'model.list',
      rowName: 'row.name',
      menu: 'menu($el, row)',
      open: 'openRow(row)',
      period: true,
      empty: emptyState({
        icon: 'package',
        title: 'model.empty.title',
        text: 'model.empty.text',
        buttons: `<a class="button primary" x-show="$loaded.project" :href="experiments()">${icon('flask-conical')}<span x-t="template.toExperiments"></span></a>`,
      }),
    })}`,
  component: (route) => {
    const listInTurn = inTurn();
    return component({
      list: tableOf(columns, { name: 'models', date: (row) => row.updatedAt, sort: { key: 'updatedAt', down: true } }),
      isNew,
      problem: problemText,
      async init() {
        onResync(route.signal, () => void this.reload());
        onChange('model', { signal: route.signal }, () => void this.reload());
        await this.reload();
      },
      async reload() {
        try {
          const models = await listInTurn(() => api.get<ModelEntry[]>('/api/models', undefined, route.signal));
          if (models) this.list.set(models);
        } catch (error) {
          if (!route.signal.aborted) this.list.fail(error);
        }
      },
      experiments() {
        return `/projects/${loaded.project?.id ?? 0}/experiments`;
      },
      openRow(row: ModelEntry) {
        void go(`/models/${row.id}`);
      },
      async after(asked: Promise<boolean>, then: () => unknown) {
        if (await asked) await then();
      },
      menu(anchor: HTMLElement, row: ModelEntry) {
        const locked = row.editable ? {} : { disabled: true, note: t('model.readonly') };
        openMenu(anchor, [
          { text: t('model.open'), icon: 'layers', run: () => this.openRow(row) },
          { text: t('model.rename'), icon: 'pencil', ...locked, run: () => void this.after(renameModel(row), () => this.reload()) },
          {
            text: t('model.delete'),
            icon: 'trash-2',
            danger: true,
            separated: true,
            ...locked,
            run: () => void this.after(deleteModel(row), () => this.reload()),
          },
        ]);
      },
    });
  },
});
