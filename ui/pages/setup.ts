/** First visit: the language, the one-time code, the administrator. */
import type { Key } from '../i18n/keys.ts';
import '../i18n/areas/people.ts';
import type { Session, SetupRequest } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { field } from '../components/field.ts';
import { language, setLanguage } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { page } from '../page.ts';
import { go } from '../router.ts';
import { takeSession } from '../session.ts';
import { gate } from './gate.ts';
import { passwordProblem, userIdProblem } from './people.ts';

export default page({
  title: 'setup.title',
  help: { ko: '', en: '' },
  template: gate(
    'setup.title',
    'setup.purpose',
    `<form class="gate-form" novalidate @submit.prevent="submit()">
      ${field({ model: 'form.code', label: 'setup.code', hint: 'setup.code.hint', note: 'setup.code.note', error: 'errors.code', required: true, autofocus: true, maxLength: 40 })}
      <h2 x-t="setup.admin"></h2>
      <div class="fields">
        ${field({ model: 'form.userId', label: 'person.user-id', error: 'errors.userId', required: true, autocomplete: 'username', maxLength: 40, note: 'person.user-id.note', className: 'wide' })}
        ${field({ model: 'form.name', label: 'person.name', error: 'errors.name', required: true, autocomplete: 'name', maxLength: 100, className: 'wide' })}
        ${field({ model: 'form.password', label: 'person.password', type: 'password', error: 'errors.password', required: true, autocomplete: 'new-password', maxLength: 200, note: 'person.password.note' })}
        ${field({ model: 'form.again', label: 'person.password.again', type: 'password', error: 'errors.again', required: true, autocomplete: 'new-password', maxLength: 200 })}
      </div>
      <div x-problem="problem"></div>
      <button type="submit" class="button primary large" :disabled="busy" :aria-busy="busy" x-t="setup.ok"></button>
      <p class="muted gate-note" x-t="setup.group"></p></form>`,
  ),
  component: () =>
    component({
      form: { code: '', userId: '', name: '', password: '', again: '' },
      errors: { code: '', userId: '', name: '', password: '', again: '' } as Record<'code' | 'userId' | 'name' | 'password' | 'again', Key | ''>,
      problem: null as unknown,
      busy: false,
      language: () => language.now,
      speak: setLanguage,
      check(): boolean {
        const { code, userId, name, password, again } = this.form;
        this.errors = {
          code: code.trim() ? '' : 'form.required',
          userId: userIdProblem(userId),
          name: name.trim() ? '' : 'form.required',
          password: passwordProblem(password),
          again: again === password ? '' : 'person.password.differs',
        };
        return Object.values(this.errors).every((error) => !error);
      },
      async submit() {
        this.problem = null;
        if (this.busy || !this.check()) return;
        this.busy = true;
        try {
          const { code, userId, name, password } = this.form;
          const request: SetupRequest = { code: code.trim(), userId: userId.trim(), name: name.trim(), password, locale: language.now };
          takeSession(await api.post<Session>('/api/setup', request));
          await go('/', { replace: true });
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});
