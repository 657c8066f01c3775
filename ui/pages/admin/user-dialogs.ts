/** Adding and editing a person, and a new password for one who forgot theirs. Each gives the person's name, or nothing where it was closed. */

import type { Group, NewUser, Role, User, UserChange } from '../../../server/http/schemas.ts';
import { api } from '../../api.ts';
import { dialog, dialogFoot } from '../../components/dialog.ts';
import { field, select } from '../../components/field.ts';
import type { Key } from '../../i18n/keys.ts';
import { language, t } from '../../i18n/language.ts';
import { component } from '../../mount.ts';
import { passwordProblem, userIdProblem } from '../people.ts';

export interface EditUser {
  /** null: a new person. */
  user: User | null;
  groups: Group[];
}

export const editUser = dialog<EditUser, string>({
  title: ({ user }) => t(user ? 'admin.user.edit' : 'admin.user.new'),
  template: `<div class="dialog-body"><div class="fields">
      ${field({ model: 'form.userId', label: 'person.user-id', required: true, maxLength: 40, error: 'errors.userId', disabled: 'existing', note: 'person.user-id.note', className: 'wide' })}
      ${field({ model: 'form.name', label: 'person.name', required: true, maxLength: 100, error: 'errors.name' })}
      ${select({
        model: 'form.role',
        label: 'person.role',
        hint: 'admin.role.hint',
        choices: [
          { value: 'developer', text: 'role.developer' },
          { value: 'annotator', text: 'role.annotator' },
          { value: 'admin', text: 'role.admin' },
        ],
      })}
      <template x-if="!existing">${field({ model: 'form.password', label: 'person.password', type: 'password', required: true, maxLength: 200, error: 'errors.password', note: 'person.password.note', autocomplete: 'new-password', className: 'wide' })}</template></div>
      <fieldset class="check-list"><legend x-t="person.groups"></legend><template x-for="group in groups" :key="group.id"><label class="check"><input type="checkbox" :value="group.id" x-model.number="form.groupIds"><span x-text="group.name"></span></label></template></fieldset>
      <div x-problem="problem"></div></div>
    ${dialogFoot('action.save', { busy: 'busy' })}`,
  component: ({ user, groups }, done) => {
    const empty = { userId: '', name: '', role: 'developer' as Role, password: '', groupIds: groups.slice(0, 1).map((group) => group.id) };
    const form = user ? { ...empty, userId: user.userId, name: user.name, role: user.role, groupIds: [...user.groupIds] } : empty;
    const before = JSON.stringify(form);
    return component({
      form,
      groups,
      existing: user !== null,
      errors: { userId: '', name: '', password: '' } as Record<'userId' | 'name' | 'password', Key | ''>,
      problem: null as unknown,
      busy: false,
      dirty() {
        return JSON.stringify(this.form) !== before;
      },
      async submit() {
        const { userId, name, password, role, groupIds } = this.form;
        this.errors = {
          userId: user ? '' : userIdProblem(userId),
          name: name.trim() ? '' : 'form.required',
          password: user ? '' : passwordProblem(password),
        };
        if (this.busy || Object.values(this.errors).some(Boolean)) return;
        this.busy = true;
        this.problem = null;
        try {
          if (user) {
            const change: UserChange = { name: name.trim(), role, groupIds: [...groupIds] };
            await api.patch(`/api/users/${user.id}`, change);
          } else {
            const made: NewUser = { userId: userId.trim(), name: name.trim(), password, role, groupIds: [...groupIds], locale: language.now };
            await api.post('/api/users', made);
          }
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

export const resetPassword = dialog<User, true>({
  title: 'admin.user.reset',
  size: 'small',
  template: `<div class="dialog-body"><p x-t="admin.user.reset.text"></p>
      <dl class="facts"><div class="fact"><dt x-t="person.user-id"></dt><dd x-text="userId"></dd></div></dl>
      ${field({ model: 'password', label: 'person.password.new', type: 'password', maxLength: 200, error: 'error', note: 'person.password.note', autocomplete: 'new-password' })}
      <div x-problem="problem"></div></div>${dialogFoot('admin.user.reset', { busy: 'busy' })}`,
  component: (user, done) =>
    component({
      userId: `${user.userId} (${user.name})`,
      password: '',
      error: '' as Key | '',
      problem: null as unknown,
      busy: false,
      async submit() {
        this.error = passwordProblem(this.password);
        if (this.error || this.busy) return;
        this.busy = true;
        this.problem = null;
        try {
          const change: UserChange = { password: this.password };
          await api.patch(`/api/users/${user.id}`, change);
          done(true);
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});
