/** Adding and editing a group; gives its name. */

import type { Group, NewGroup } from '../../../server/http/schemas.ts';
import { api } from '../../api.ts';
import { dialog, dialogFoot } from '../../components/dialog.ts';
import { field } from '../../components/field.ts';
import type { Key } from '../../i18n/keys.ts';
import { t } from '../../i18n/language.ts';
import { component } from '../../mount.ts';

export const editGroup = dialog<Group | null, string>({
  title: (group) => t(group ? 'admin.group.edit' : 'admin.group.new'),
  size: 'small',
  template: `<div class="dialog-body">
      ${field({ model: 'form.name', label: 'admin.group.name', required: true, maxLength: 100, error: 'error' })}
      ${field({ model: 'form.description', label: 'group.description', type: 'textarea', optional: true, maxLength: 2000 })}
      ${field({ model: 'form.endDate', label: 'group.end', type: 'date', optional: true, note: 'admin.group.end.note' })}
      <div x-problem="problem"></div></div>${dialogFoot('action.save', { busy: 'busy' })}`,
  component: (group, done) => {
    const form = { name: group?.name ?? '', description: group?.description ?? '', endDate: group?.endDate ?? '' };
    const before = JSON.stringify(form);
    return component({
      form,
      error: '' as Key | '',
      problem: null as unknown,
      busy: false,
      dirty() {
        return JSON.stringify(this.form) !== before;
      },
      async submit() {
        const { name, description, endDate } = this.form;
        this.error = name.trim() ? '' : 'form.required';
        if (this.error || this.busy) return;
        this.busy = true;
        this.problem = null;
        try {
          const request: NewGroup = { name: name.trim(), description, endDate: endDate || null };
          if (group) await api.patch(`/api/groups/${group.id}`, request);
          else await api.post('/api/groups', request);
          done(name.trim());
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    });
  },
});
