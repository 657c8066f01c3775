/** What the More menu of a project opens: details with its description, change of status, and what a deletion would take along. */
import '../../i18n/areas/projects.ts';
import type { AnnotationTask } from '../../../server/http/annotation-schemas.ts';
import type { Dataset, Experiment, Inference, Project, ProjectChange, TrashedDataset } from '../../../server/http/schemas.ts';
import { api } from '../../api.ts';
import { dialog, dialogFoot } from '../../components/dialog.ts';
import { field, select } from '../../components/field.ts';
import { toast } from '../../components/toast.ts';
import { dayAndTime } from '../../i18n/format.ts';
import type { Key } from '../../i18n/keys.ts';
import { t, textOf } from '../../i18n/language.ts';
import { component, icon } from '../../mount.ts';

export const projectDetails = dialog<Project, Project>({
  title: 'project.details',
  template: `<div class="dialog-body">
      <dl class="facts"><template x-for="fact in facts()" :key="fact.name"><div class="fact"><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl>
      <div x-show="!editing"><div class="list-line"><h3 x-t="project.description"></h3><button type="button" class="button quiet" x-show="project.editable" @click="edit()">${icon('pencil')}<span x-t="project.description.edit"></span></button></div>
        <p class="pre-line" :class="{ muted: !project.description }" x-text="project.description || $t('project.description.none')"></p></div>
      <div x-show="editing">${field({ model: 'description', label: 'project.description', type: 'textarea', maxLength: 2000 })}</div>
      <div x-problem="problem"></div></div>
    ${dialogFoot('action.ok', { busy: 'busy' })}`,
  component: (args, done) =>
    component({
      project: args,
      description: args.description,
      editing: false,
      problem: null as unknown,
      busy: false,
      facts: () => [
        { name: t('home.project'), value: args.name },
        { name: t('project.id'), value: String(args.id) },
        { name: t('home.group'), value: args.groupName },
        { name: t('home.owner'), value: args.ownerName },
        { name: t('home.type'), value: textOf(`type.${args.type}`) ?? args.type },
        { name: t('home.model'), value: textOf(`model.${args.model}`) ?? args.model },
        { name: t('home.created'), value: dayAndTime(args.createdAt) },
      ],
      dirty() {
        return this.editing && this.description !== this.project.description;
      },
      edit() {
        this.editing = true;
        void this.$nextTick(() => this.$root.querySelector<HTMLElement>('textarea')?.focus());
      },
      async submit() {
        if (!this.dirty()) return done();
        this.busy = true;
        this.problem = null;
        try {
          const change: ProjectChange = { description: this.description };
          done(await api.patch<Project>(`/api/projects/${args.id}`, change));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});

export const changeStatus = dialog<Project, Project>({
  title: 'project.status.title',
  size: 'small',
  template: `<div class="dialog-body">
      <dl class="facts"><div class="fact"><dt x-t="home.project"></dt><dd x-text="project.name"></dd></div>
        <div class="fact"><dt x-t="project.status.current"></dt><dd x-status:project="project.status"></dd></div></dl>
      ${select({
        model: 'to',
        label: 'project.status.to',
        choices: [
          { value: 'working', text: 'project.status.working' },
          { value: 'completed', text: 'project.status.completed' },
        ],
        note: 'project.status.note',
      })}
      <div x-problem="problem"></div></div>
    ${dialogFoot('action.ok', { busy: 'busy', disabled: 'to === project.status' })}`,
  component: (args, done) =>
    component({
      project: args,
      to: args.status === 'completed' ? 'working' : 'completed',
      problem: null as unknown,
      busy: false,
      async submit() {
        this.busy = true;
        this.problem = null;
        try {
          const change: ProjectChange = { status: this.to === 'working' ? 'working' : 'completed' };
          const changed = await api.patch<Project>(`/api/projects/${args.id}`, change);
          toast('success', t('project.status.done', { name: args.name }));
          done(changed);
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});

/** One line for each kind of thing that goes with the project; none where it is empty. */
export async function losses({ id, type }: Project): Promise<() => string[]> {
  const [datasets, experiments, inferences, trash, tasks] = await Promise.all([
    api.get<Dataset[]>(`/api/projects/${id}/datasets`),
    api.get<Experiment[]>(`/api/projects/${id}/experiments`),
    api.get<Inference[]>(`/api/projects/${id}/inferences`),
    api.get<TrashedDataset[]>(`/api/projects/${id}/trash`),
    api.get<AnnotationTask[]>('/api/annotation/tasks'),
  ]);
  const inWork = tasks.filter((task) => task.projectId === id && task.status !== 'completed');
  const line = (key: Key, things: readonly unknown[], items = 0) => (things.length ? [t(key, { n: things.length, items })] : []);
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  return () => [
    ...line(type === 'tabular' ? 'project.delete.rows' : 'project.delete.images', datasets, sum(datasets.map(({ count }) => count))),
    ...line('project.delete.annotation', inWork, sum(inWork.map(({ done }) => done))),
    ...line('project.delete.experiments', experiments),
    ...line('project.delete.inferences', inferences),
    ...line('project.delete.trash', trash),
  ];
}
