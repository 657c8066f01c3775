/** The trash of a project: deleted datasets, to be restored or deleted for good. */
import type { Dataset, Project, TrashedDataset } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { openMenu } from '../components/menu.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { toast, toastError } from '../components/toast.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/trash.ts';
import * as format from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { inTurn, loadStubbornly, onChange, onResync } from '../live/events.ts';
import { openProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { readOnlyReason } from './dataset-actions.ts';

const columns = columnsOf<TrashedDataset>()([
  { key: 'name', title: 'trash.name', value: (row) => row.name, search: true, className: 'grow', cell: '<b x-text="row.name"></b>' },
  { key: 'version', title: 'trash.version', value: (row) => row.version, align: 'end', className: 'narrow number' },
  {
    key: 'count',
    title: 'trash.count',
    value: (row) => row.count,
    align: 'end',
    className: 'narrow number from-800',
    cell: '<span x-text="$f.count(row.count)"></span>',
  },
  {
    key: 'size',
    title: 'trash.size',
    value: (row) => row.sizeBytes,
    align: 'end',
    className: 'narrow number',
    cell: '<span x-text="$f.bytes(row.sizeBytes)"></span>',
  },
  { key: 'at', title: 'trash.at', value: (row) => row.trashedAt, className: 'narrow number', cell: '<span x-time.day="row.trashedAt"></span>' },
  { key: 'trashedBy', title: 'trash.by', value: (row) => row.trashedBy, search: true, className: 'narrow from-800' },
  { key: 'ends', title: 'trash.ends', value: (row) => row.endsAt, className: 'narrow number', cell: '<span x-time.day="row.endsAt"></span>' },
  {
    key: 'restore',
    title: 'trash.restore',
    value: () => null,
    sort: false,
    className: 'narrow',
    cell: `<button type="button" class="button small" @click.stop="restore(row)" :disabled="busy || locked() !== ''" :aria-label="$t('trash.restore') + ': ' + row.name">${icon('rotate-ccw')}<span x-t="trash.restore"></span></button>`,
  },
]);

export default page({
  title: 'trash.title',
  help: {
    ko: `# 휴지통
삭제한 데이터셋은 휴지통에서 기다립니다. 기한(관리자가 설정 파일에서 정함)이 지나면 완전히 삭제되고 그만큼 디스크 공간이 생깁니다.
- 복원을 누르면 라벨까지 그대로 돌아옵니다. 그 사이 같은 버전이 만들어졌으면 다음 버전이 됩니다.
- 공간이 급하면 더 보기(⋮)의 완전히 삭제나 휴지통 비우기를 사용합니다.`,
    en: `# The trash
Deleted datasets wait here. When their time is over (an administrator sets it in the settings file) they are gone for good, and their disk space is free.
- Restore brings a dataset back with its labels. If its version was given away meanwhile, it becomes the next.
- To free space now, use Delete for good under More (⋮), or empty the trash.`,
  },
  template: `${pageHead('trash.title', 'trash.purpose', `<a class="button" :href="listAddress">${icon('database')}<span x-t="trash.back"></span></a><button type="button" class="button" x-show="rows.length && !locked()" @click="empty()" :disabled="busy">${icon('trash-2')}<span x-t="trash.empty"></span></button>`)}
    <div class="notice page-notice" x-show="locked()">${icon('lock')}<span x-text="locked()"></span></div>
    ${tableView(columns, {
      state: 'list',
      caption: 'trash.list',
      rowName: 'row.name',
      menu: 'menu($el, row)',
      period: true,
      empty: emptyState({ icon: 'trash-2', title: 'trash.none.title', text: 'trash.none.text' }),
    })}`,
  component: (route) => {
    const projectId = Number(route.params.id);
    const address = `/api/projects/${projectId}/trash`;
    const listInTurn = inTurn();
    return component({
      list: tableOf(columns, { name: 'trash', date: (row) => row.trashedAt, sort: { key: 'at', down: true } }),
      rows: [] as TrashedDataset[],
      project: null as Project | null,
      busy: false,
      listAddress: `/projects/${projectId}/data`,
      async init() {
        onChange('dataset', { projectId, signal: route.signal }, () => void this.reload());
        const load = () => openProject(projectId);
        const project = await loadStubbornly(load, route.signal, (error) => this.list.fail(error));
        if (!project) return;
        this.project = project;
        keepPlace(route.signal, () => [
          { text: project.name, to: this.listAddress },
          { text: t('data.title'), to: this.listAddress },
          { text: t('trash.title') },
        ]);
        onResync(route.signal, () => void this.reload());
        await this.reload();
      },
      async reload() {
        try {
          const rows = await listInTurn(() => api.get<TrashedDataset[]>(address, undefined, route.signal));
          if (!rows) return;
          this.rows = rows;
          this.list.set(rows);
        } catch (error) {
          if (!route.signal.aborted) this.list.fail(error);
        }
      },
      locked() {
        return readOnlyReason(this.project);
      },
      restore(row: TrashedDataset) {
        return this.doing(async () => {
          const back = await api.post<Dataset>(`/api/trash/${row.id}/restore`);
          toast('success', t('trash.restored', { name: back.name, version: back.version }));
        });
      },
      async purge(row: TrashedDataset) {
        const sure = await confirm(() => ({
          title: t('trash.purge.title', { name: row.name, version: row.version }),
          text: t('trash.purge.text', { size: format.bytes(row.sizeBytes) }),
          ok: t('trash.purge'),
          danger: true,
        }));
        if (!sure) return;
        await this.doing(async () => {
          await api.remove(`/api/trash/${row.id}`);
          toast('success', t('trash.purged'));
        });
      },
      async empty() {
        const size = format.bytes(this.rows.reduce((sum, row) => sum + row.sizeBytes, 0));
        if (!(await confirm(() => ({ title: t('trash.empty.title'), text: t('trash.purge.text', { size }), ok: t('trash.empty'), danger: true })))) return;
        await this.doing(async () => {
          await api.remove(address);
          toast('success', t('trash.purged'));
        });
      },
      async doing(work: () => Promise<void>) {
        if (this.busy) return;
        this.busy = true;
        try {
          await work();
        } catch (error) {
          toastError(error);
        } finally {
          this.busy = false;
          await this.reload();
        }
      },
      menu(anchor: HTMLElement, row: TrashedDataset) {
        const reason = this.locked();
        openMenu(anchor, [
          { text: t('trash.restore'), icon: 'rotate-ccw', disabled: Boolean(reason), note: reason, run: () => void this.restore(row) },
          { text: t('trash.purge'), icon: 'trash-2', danger: true, separated: true, disabled: Boolean(reason), note: reason, run: () => void this.purge(row) },
        ]);
      },
    });
  },
});
