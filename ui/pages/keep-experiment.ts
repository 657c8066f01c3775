/** "Save as a template" and "Register Model": what is kept of an experiment for the group. */
import type { ModelDetails, ModelEntry, ModelVersionDetails, Template } from '../../server/http/library-schemas.ts';
import type { Experiment } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { dialog, dialogFoot, openDialog } from '../components/dialog.ts';
import { field } from '../components/field.ts';
import { nameDialog } from '../components/name-dialog.ts';
import { finder, type Option, searchSelect } from '../components/search-select.ts';
import { toast, toastError } from '../components/toast.ts';
import { t } from '../i18n/language.ts';
import { loaded } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { go } from '../router.ts';
import { versionsToGo } from './model-actions.ts';

const templateDialog = nameDialog<Experiment, Template>({
  title: 'exp.template.title',
  label: 'exp.template.name',
  need: 'exp.template.need',
  note: 'exp.template.note',
  start: (experiment) => experiment.name,
  facts: {
    where: 'below',
    of: (experiment) => [
      { name: 'fact.dataset', value: `${experiment.datasetName} v${experiment.datasetVersion}` },
      { name: 'fact.algorithm', value: experiment.config?.algorithm ?? '' },
    ],
  },
  save: (experiment, name) => api.post<Template>(`/api/experiments/${experiment.id}/template`, { name }),
});

export async function saveTemplate(experiment: Experiment): Promise<void> {
  const template = await openDialog(templateDialog, experiment);
  if (!template) return;
  toast('success', t('exp.template.saved'), { action: { text: t('exp.template.open'), run: () => void go(`/templates?template=${template.id}`) } });
}

const NEW = 'new';
interface Registering {
  experiment: Experiment;
  models: ModelEntry[];
}
const registerDialog = dialog<Registering, ModelVersionDetails>({
  title: 'exp.register.title',
  size: 'small',
  template: `<div class="dialog-body"><dl class="facts"><dt x-t="exp.register.selected"></dt><dd x-text="selected"></dd></dl>
      ${searchSelect({ model: 'target', label: 'exp.register.to', from: 'choices()', finder: 'finder' })}
      <div x-show="target === 'new'">${field({ model: 'name', label: 'exp.register.name', maxLength: 100, required: true, error: 'wrong()' })}</div>
      <p class="muted" x-t="exp.register.note"></p>
      <div class="notice warn register-loss" role="status" x-show="lost().length">${icon('triangle-alert')}<div><span x-t="exp.register.loses"></span><ul class="points"><template x-for="line in lost()" :key="line"><li x-text="line"></li></template></ul></div></div><div x-problem="problem"></div></div>
    ${dialogFoot('action.ok', { busy: 'busy', disabled: '(unknown && !problem)' })}`,
  component: ({ experiment, models }, done) =>
    component({
      selected: experiment.name,
      finder: finder(),
      target: NEW,
      name: experiment.name,
      busy: false,
      tried: false,
      problem: null as unknown,
      /** The chosen model, where it deletes versions. */
      pruned: null as ModelDetails | null,
      /** What the chosen model loses has not been told yet. */
      unknown: false,
      init() {
        this.$watch('target', () => void this.look());
      },
      choices(): Option[] {
        const known = models.map((model) => ({
          value: String(model.id),
          text: t('exp.register.version', { name: model.name, n: model.nextVersion }),
        }));
        return [{ value: NEW, text: t('exp.register.new'), always: true }, ...known];
      },
      /** What the chosen model loses; no OK before that is known. */
      async look() {
        const { target } = this;
        this.unknown = models.some(({ id, autoDelete }) => String(id) === target && autoDelete);
        this.pruned = null;
        this.problem = null;
        if (!this.unknown) return;
        try {
          const details = await api.get<ModelDetails>(`/api/models/${target}`);
          if (this.target !== target) return;
          this.pruned = details.model.autoDelete ? Object.freeze(details) : null;
          this.unknown = false;
        } catch (error) {
          if (this.target === target) this.problem = error;
        }
      },
      /** The versions that this one drives out. */
      lost(): string[] {
        return this.pruned ? versionsToGo(this.pruned, this.pruned.model.maxVersions, 1) : [];
      },
      wrong() {
        return this.tried && this.target === NEW && !this.name.trim() ? t('exp.register.need') : '';
      },
      async submit() {
        this.tried = true;
        if (this.wrong() || this.busy) return;
        // It could not be told: asked anew.
        if (this.unknown) return this.look();
        this.busy = true;
        this.problem = null;
        try {
          const body = this.target === NEW ? { name: this.name.trim() } : { modelId: Number(this.target) };
          done(await api.post<ModelVersionDetails>(`/api/experiments/${experiment.id}/register`, body));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});

export async function registerModel(experiment: Experiment): Promise<void> {
  // Without them only a new model could be chosen.
  const all = await api.get<ModelEntry[]>('/api/models').catch(toastError);
  if (!all) return;
  const project = loaded.project?.id === experiment.projectId ? loaded.project : null;
  const models = all.filter((model) => !project || (model.groupId === project.groupId && model.type === project.type && model.model === project.model));
  const made = await openDialog(registerDialog, { experiment, models });
  if (!made) return;
  toast('success', t('exp.register.done', { name: made.model.name, n: made.version.version }), {
    action: { text: t('exp.register.open'), run: () => void go(`/models/${made.model.id}`) },
  });
}
