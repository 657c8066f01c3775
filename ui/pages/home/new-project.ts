/** New Project: at the left the problem, which stays as it is after OK; at the right the basics. */
import type { Key } from '../../i18n/keys.ts';
import '../../i18n/areas/projects.ts';
import type { DataType, ModelKind, NewProject, Project } from '../../../server/http/schemas.ts';
import { hasTrainer, modelsOf } from '../../../server/studio/projects/problems.ts';
import { api } from '../../api.ts';
import { dialog, dialogFoot } from '../../components/dialog.ts';
import { cards, field, select } from '../../components/field.ts';
import { component, icon } from '../../mount.ts';
import { me } from '../../session.ts';

const ICONS: { [kind in ModelKind]: string } = {
  classification: 'tags',
  detection: 'scan',
  instance_segmentation: 'pentagon',
  semantic_segmentation: 'paintbrush',
  regression: 'trending-up',
  clustering: 'chart-scatter',
  dimension_reduction: 'shrink',
};

function models(type: DataType): string {
  const choices = modelsOf(type).map((kind) => ({
    value: kind,
    text: `model.${kind}` as const,
    note: kind === 'classification' ? (`project.model.classification.${type}.note` as const) : (`project.model.${kind}.note` as const),
    icon: ICONS[kind],
    ...(hasTrainer(type, kind) ? {} : { chip: 'project.untrained' as const }),
  }));
  return cards({ model: 'form.model', label: 'project.model', choices });
}

export const newProject = dialog<object, Project>({
  title: 'project.new',
  size: 'large',
  template: `<div class="dialog-body two-sides">
      <section class="side"><h3 x-t="project.define"></h3>
        <div @change="fit()">${cards({
          model: 'form.type',
          label: 'project.type',
          choices: [
            { value: 'image', text: 'type.image', note: 'project.type.image.note', icon: 'images' },
            { value: 'tabular', text: 'type.tabular', note: 'project.type.tabular.note', icon: 'table-2' },
          ],
        })}</div>
        <div x-show="form.type == 'image'">${models('image')}</div><div x-show="form.type == 'tabular'">${models('tabular')}</div></section>
      <section class="side"><h3 x-t="project.basics"></h3>
        ${field({ model: 'form.name', label: 'project.name', required: true, maxLength: 100, error: 'error', autofocus: true })}
        ${select({ model: 'form.groupId', label: 'project.group', hint: 'project.group.hint', from: 'groups' })}
        <p class="notice" x-show="!groups.length">${icon('info')}<span x-t="project.group.none"></span></p>
        ${field({ model: 'form.description', label: 'project.description', type: 'textarea', optional: true, maxLength: 2000 })}
        <p class="notice" x-show="!trained()">${icon('info')}<span x-text="$t('project.untrained.' + form.type)"></span></p>
        <div x-problem="problem"></div></section></div>
    ${dialogFoot('action.ok', { busy: 'busy', disabled: '!groups.length', note: 'project.fixed' })}`,
  component: (_args, done) =>
    component({
      form: { type: 'image' as DataType, model: 'classification' as ModelKind, name: '', groupId: String(me.session?.groups[0]?.id ?? ''), description: '' },
      error: '' as Key | '',
      problem: null as unknown,
      busy: false,
      groups: (me.session?.groups ?? []).map((group) => ({ value: String(group.id), text: group.name })),
      /** Another type of data has other models. */
      fit() {
        const models = modelsOf(this.form.type);
        if (!models.includes(this.form.model)) this.form.model = models[0] ?? 'classification';
      },
      trained() {
        return hasTrainer(this.form.type, this.form.model);
      },
      dirty() {
        return Boolean(this.form.name.trim() || this.form.description.trim());
      },
      async submit() {
        this.error = this.form.name.trim() ? '' : 'form.required';
        if (this.error || this.busy) return;
        this.busy = true;
        this.problem = null;
        try {
          const request: NewProject = { ...this.form, name: this.form.name.trim(), groupId: Number(this.form.groupId) };
          done(await api.post<Project>('/api/projects', request));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});
