/** New Project: at the left the problem, which stays as it is after OK; at the right the basics. */
import type { NewProject, Project } from '../../../server/http/schemas.ts';
import { api } from '../../api.ts';
import { dialog, dialogFoot } from '../../components/dialog.ts';
import { cards, field, select } from '../../components/field.ts';
import { t } from '../../i18n/language.ts';
import { component, icon } from '../../mount.ts';
import { me } from '../../session.ts';

export const newProject = dialog<object, Project>({
  title: 'project.new',
  size: 'large',
  template: `<div class="dialog-body two-sides">
      <section class="side"><h3 x-t="project.define"></h3>
        ${cards({ model: 'form.type', label: 'project.type', choices: [{ value: 'image', text: 'project.type.image', note: 'project.type.image.note', icon: 'images' }] })}
        ${cards({ model: 'form.model', label: 'project.model', choices: [{ value: 'classification', text: 'project.model.classification', note: 'project.model.classification.note', icon: 'tags' }] })}
        <p class="notice">${icon('lock')}<span x-t="project.fixed"></span></p></section>
      <section class="side"><h3 x-t="project.basics"></h3>
        ${field({ model: 'form.name', label: 'project.name', required: true, maxLength: 100, error: 'error', autofocus: true })}
        ${select({ model: 'form.groupId', label: 'project.group', hint: 'project.group.hint', from: 'groups' })}
        <p class="notice" x-show="!groups.length">${icon('info')}<span x-t="project.group.none"></span></p>
        ${field({ model: 'form.description', label: 'project.description', type: 'textarea', optional: true, maxLength: 2000 })}
        <div x-problem="problem"></div></section></div>
    ${dialogFoot('action.ok', { busy: 'busy', disabled: '!groups.length' })}`,
  component: (_args, done) =>
    component({
      form: { type: 'image' as const, model: 'classification' as const, name: '', groupId: String(me.session?.groups[0]?.id ?? ''), description: '' },
      error: '',
      problem: null as unknown,
      busy: false,
      groups: (me.session?.groups ?? []).map((group) => ({ value: String(group.id), text: group.name })),
      dirty() {
        return Boolean(this.form.name.trim() || this.form.description.trim());
      },
      async submit() {
        this.error = this.form.name.trim() ? '' : t('form.required');
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
