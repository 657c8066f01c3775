/** Home: the table of projects; choose one and load it, make a new one or the sample. */
import '../i18n/areas/home.ts';
import type { Project } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { openDialog } from '../components/dialog.ts';
import { bindKeys } from '../components/keys.ts';
import { openMenu } from '../components/menu.ts';
import { statusWord } from '../components/status.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { toast, toastError } from '../components/toast.ts';
import { effect } from '../effect.ts';
import { t, textOf } from '../i18n/language.ts';
import { liveList } from '../live/list.ts';
import { loaded, loadProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';

const columns = columnsOf<Project>()([
  {
    key: 'name',
    title: 'home.project',
    value: (row) => row.name,
    search: true,
    className: 'grow',
    cell: `<span class="project-name"><b x-text="row.name"></b><span class="chip blue plain" x-show="isLoaded(row)" x-t="home.loaded"></span></span>`,
  },
  { key: 'groupName', title: 'home.group', value: (row) => row.groupName, search: true, className: 'given from-700' },
  { key: 'ownerName', title: 'home.owner', value: (row) => row.ownerName, search: true, className: 'given' },
  {
    key: 'type',
    title: 'home.type',
    value: (row) => row.type,
    text: (row) => typeWord(row),
    cell: '<span x-text="type(row)"></span>',
    search: true,
    className: 'from-800',
  },
  { key: 'model', title: 'home.model', value: (row) => row.model, text: (row) => modelWord(row), cell: '<span x-text="model(row)"></span>', search: true },
  {
    key: 'status',
    title: 'home.status',
    value: (row) => row.status,
    text: (row) => statusWord(row.status, 'project'),
    cell: '<span x-status:project="row.status"></span>',
    search: true,
  },
  { key: 'createdAt', title: 'home.created', value: (row) => row.createdAt, cell: '<span x-time.day="row.createdAt"></span>', className: 'number from-900' },
  { key: 'updatedAt', title: 'home.updated', value: (row) => row.updatedAt, cell: '<span x-time.day="row.updatedAt"></span>', className: 'number from-1000' },
]);

/** Loaded when one is opened: most visits only load a project. */
const dialogs = () => import('./home/project-dialogs.ts');

function typeWord(project: Project): string {
  return textOf(`type.${project.type}`) ?? project.type;
}
function modelWord(project: Project): string {
  return textOf(`model.${project.model}`) ?? project.model;
}

const sampleButton = `<button type="button" class="button" @click="sample()" :disabled="sampling" :aria-busy="sampling">${icon('sparkles')}<span x-t="home.sample"></span></button>`;
const newButton = `<button type="button" class="button primary" @click="create()">${icon('plus')}<span x-t="home.new"></span></button>`;

export default page({
  title: 'home.title',
  help: () => import('./home/help.ts'),
  template: `${pageHead('home.heading', 'home.purpose', sampleButton + newButton)}
    ${tableView(columns, {
      state: 'list',
      caption: 'home.table',
      rowName: 'row.name',
      selectable: true,
      period: true,
      open: 'load(row)',
      menu: 'menu($el, row)',
      tools: `<button type="button" class="button" @click="load(list.selectedRow())" :disabled="list.selected === null">${icon('folder-open')}<span x-t="home.load"></span></button>`,
      empty: emptyState({ icon: 'folder', title: 'home.empty.title', text: 'home.empty.text', buttons: sampleButton + newButton }),
    })}`,

  component: (route) =>
    component({
      list: tableOf(columns, { name: 'projects', date: (row) => row.createdAt, sort: { key: 'createdAt', down: true } }),
      creating: false,
      sampling: false,
      init() {
        const projects = liveList({
          kind: 'project',
          signal: route.signal,
          load: () => api.get<Project[]>('/api/projects', {}, route.signal),
          changed: (rows) => this.list.set(rows),
        });
        const end = effect(() => {
          if (projects.state === 'failed') this.list.fail(projects.problem);
        });
        route.signal.addEventListener('abort', end);
        bindKeys(route.signal, [{ key: 'n', text: 'keys.new', run: () => void this.create() }]);
      },
      isLoaded: (row: Project) => loaded.project?.id === row.id,
      type: typeWord,
      model: modelWord,

      load(row: Project | null) {
        if (!row) return;
        loadProject(row);
        toast('success', t('home.load.done', { name: row.name }));
        void go(`/projects/${row.id}/data`);
      },
      async create() {
        // The dialog is loaded when it is first wanted: until then a second click finds the button, too.
        if (this.creating) return;
        this.creating = true;
        const made = await import('./home/new-project.ts')
          .then(({ newProject }) => openDialog(newProject, {}))
          .finally(() => {
            this.creating = false;
          });
        if (!made) return;
        toast('success', t('project.created', { name: made.name }));
        loadProject(made);
        await go(`/projects/${made.id}/data`);
      },
      async sample() {
        if (this.sampling) return;
        this.sampling = true;
        try {
          const made = await api.post<Project>('/api/projects/sample');
          loadProject(made);
          toast('success', t('home.sample.done'));
          await go(`/projects/${made.id}/data`);
        } catch (error) {
          toastError(error);
        } finally {
          this.sampling = false;
        }
      },
      menu(anchor: HTMLElement, row: Project) {
        const locked = row.editable ? {} : { disabled: true, note: t('home.readonly') };
        openMenu(anchor, [
          { text: t('home.load'), icon: 'folder-open', run: () => this.load(row) },
          { text: t('home.details'), icon: 'file-text', run: () => void this.change('projectDetails', row) },
          { text: t('home.status.change'), icon: 'refresh-cw', run: () => void this.change('changeStatus', row), ...locked },
          { text: t('home.delete'), icon: 'trash-2', danger: true, separated: true, run: () => void this.remove(row), ...locked },
        ]);
      },
      /** The list need not wait until it is told of it. */
      async change(how: 'projectDetails' | 'changeStatus', row: Project) {
        const changed = await openDialog((await dialogs())[how], row);
        if (changed) this.list.set(this.list.rows.map((other) => (other.id === changed.id ? changed : other)));
      },
      async remove(row: Project) {
        try {
          const losses = await (await dialogs()).losses(row);
          const sure = await confirm(() => ({
            title: t('project.delete.title', { name: row.name }),
            text: t(losses().length ? 'project.delete.text' : 'project.delete.nothing'),
            points: losses(),
            ok: t('home.delete'),
            danger: true,
          }));
          if (!sure) return;
          await api.remove(`/api/projects/${row.id}`);
          this.list.set(this.list.rows.filter((other) => other.id !== row.id));
          if (loaded.project?.id === row.id) loadProject(null);
          toast('success', t('project.delete.done', { name: row.name }));
        } catch (error) {
          toastError(error);
        }
      },
    }),
});
