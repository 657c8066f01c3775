/** Sign-in; afterwards back to where the person wanted to be. */
import '../i18n/areas/people.ts';
import type { Session, SignInRequest } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { field } from '../components/field.ts';
import { type Language, language, setLanguage } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { page } from '../page.ts';
import { go } from '../router.ts';
import { takeSession, useLanguage } from '../session.ts';
import { gate } from './gate.ts';

/** Only an address of this studio; anything else could lead away. */
function safe(next: string | null): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/sign-in') ? next : '/';
}

export default page({
  title: 'sign-in.title',
  help: { ko: '', en: '' },
  template: gate(
    'sign-in.title',
    'sign-in.purpose',
    `<form class="gate-form" novalidate @submit.prevent="submit()">
      ${field({ model: 'form.userId', label: 'person.user-id', required: true, autocomplete: 'username', autofocus: true, maxLength: 40 })}
      ${field({ model: 'form.password', label: 'person.password', type: 'password', required: true, autocomplete: 'current-password', maxLength: 200 })}
      <div x-problem="problem"></div>
      <button type="submit" class="button primary large" :disabled="busy || !form.userId || !form.password" :aria-busy="busy" x-t="sign-in.ok"></button>
      <p class="muted gate-note" x-t="sign-in.forgot"></p></form>`,
  ),
  component: (route) =>
    component({
      form: { userId: '', password: '' },
      problem: null as unknown,
      busy: false,
      init() {
        void this.$nextTick(() => this.$root.querySelector<HTMLElement>('input')?.focus());
      },
      language: () => language.now,
      /** The language that was chosen here goes before the one of the last time. */
      chosen: null as Language | null,
      speak(next: Language) {
        setLanguage(next);
        this.chosen = next;
      },
      async submit() {
        if (this.busy) return;
        this.busy = true;
        this.problem = null;
        try {
          const request: SignInRequest = { userId: this.form.userId.trim(), password: this.form.password };
          takeSession(await api.post<Session>('/api/session', request));
          if (this.chosen) useLanguage(this.chosen);
          await go(safe(route.query.get('next')), { replace: true });
        } catch (error) {
          this.problem = error;
          this.form.password = '';
        } finally {
          this.busy = false;
        }
      },
    }),
});
