/** My account: name, password, language, theme. */
import type { Key } from '../i18n/keys.ts';
import '../i18n/areas/people.ts';
import type { User } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { field, segmented } from '../components/field.ts';
import { toast } from '../components/toast.ts';
import { type Language, language, t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { me, useLanguage } from '../session.ts';
import { setTheme, type Theme, theme } from '../theme.ts';
import { passwordProblem } from './people.ts';

export default page({
  title: 'account.title',
  help: {
    ko: `# 내 계정
- 이름은 프로젝트와 작업 목록에서 다른 사람에게 보입니다. 사용자 ID는 바꿀 수 없습니다.
- 비밀번호를 바꾸려면 현재 비밀번호가 필요합니다. 잊었다면 관리자에게 재설정을 요청해 주세요.
- 언어와 테마는 바로 적용됩니다. 테마는 이 브라우저에만 저장됩니다.`,
    en: `# My account
- Others see your name in projects and jobs. The user ID stays as it is.
- To change the password you need the present one. If you forgot it, ask your administrator for a new one.
- Language and theme take effect at once. The theme is kept in this browser only.`,
  },
  template: `${pageHead('account.title', 'account.purpose')}
    <div class="stack narrow-page">
      <form class="box" novalidate @submit.prevent="saveProfile()"><div class="box-head"><h2 x-t="account.profile"></h2></div>
        <div class="box-body form-body"><dl class="facts"><div class="fact"><dt x-t="person.user-id"></dt><dd x-text="userId()"></dd></div><div class="fact"><dt x-t="person.role"></dt><dd x-text="role()"></dd></div><div class="fact"><dt x-t="person.groups"></dt><dd x-text="groups()"></dd></div></dl>
          ${field({ model: 'name', label: 'person.name', required: true, maxLength: 100, error: 'error', autocomplete: 'name' })}
          <div x-problem="profileProblem"></div>
          <div><button type="submit" class="button primary" :disabled="!nameChanged()" x-t="action.save"></button></div></div></form>
      <form class="box" novalidate @submit.prevent="savePassword()"><div class="box-head"><h2 x-t="account.password"></h2></div>
        <div class="box-body form-body">
          ${field({ model: 'passwords.current', label: 'person.password.current', type: 'password', autocomplete: 'current-password', maxLength: 200, error: 'errors.current' })}
          <div class="fields">
          ${field({ model: 'passwords.next', label: 'person.password.new', type: 'password', autocomplete: 'new-password', maxLength: 200, note: 'person.password.note', error: 'errors.next' })}
          ${field({ model: 'passwords.again', label: 'person.password.again', type: 'password', autocomplete: 'new-password', maxLength: 200, error: 'errors.again' })}</div>
          <div x-problem="passwordTrouble"></div>
          <div><button type="submit" class="button" :disabled="!passwords.next" x-t="account.password.ok"></button></div></div></form>
      <section class="box"><div class="box-head"><h2 x-t="account.screen"></h2></div>
        <div class="box-body form-body"><div class="setting"><span x-t="person.language"></span>${segmented({
          model: 'spoken',
          label: 'person.language',
          choices: [
            { value: 'ko', text: 'language.ko' },
            { value: 'en', text: 'language.en' },
          ],
          change: 'speak()',
        })}</div>
          <div class="setting"><span x-t="theme.title"></span>${segmented({
            model: 'look',
            label: 'theme.title',
            choices: [
              { value: 'system', text: 'theme.system' },
              { value: 'light', text: 'theme.light' },
              { value: 'dark', text: 'theme.dark' },
            ],
            change: 'dress()',
          })}</div></div></section>
    </div>`,
  component: (route) =>
    component({
      name: me.user?.name ?? '',
      error: '' as Key | '',
      profileProblem: null as unknown,
      passwords: { current: '', next: '', again: '' },
      errors: { current: '', next: '', again: '' } as Record<'current' | 'next' | 'again', Key | ''>,
      passwordTrouble: null as unknown,
      spoken: language.now as Language,
      look: theme() as Theme,
      init() {
        route.guard(() => this.nameChanged() || Boolean(this.passwords.next));
      },
      userId: () => me.user?.userId ?? '',
      role: () => (me.user ? t(`role.${me.user.role}`) : ''),
      groups: () => (me.session?.groups ?? []).map((group) => group.name).join(', ') || '–',
      nameChanged() {
        return me.user !== null && this.name.trim() !== me.user.name;
      },
      async saveProfile() {
        this.error = this.name.trim() ? '' : 'form.required';
        if (this.error || !me.session) return;
        try {
          this.profileProblem = null;
          me.session.user = await api.patch<User>('/api/me', { name: this.name.trim() });
          this.name = me.session.user.name;
          toast('success', t('account.saved'));
        } catch (error) {
          this.profileProblem = error;
        }
      },
      async savePassword() {
        const { current, next, again } = this.passwords;
        this.errors = {
          current: current ? '' : 'form.required',
          next: passwordProblem(next),
          again: again === next ? '' : 'person.password.differs',
        };
        if (Object.values(this.errors).some(Boolean)) return;
        try {
          this.passwordTrouble = null;
          await api.patch<User>('/api/me', { currentPassword: current, password: next });
          this.passwords = { current: '', next: '', again: '' };
          toast('success', t('account.password.saved'));
        } catch (error) {
          this.passwordTrouble = error;
        }
      },
      speak() {
        useLanguage(this.spoken);
      },
      dress() {
        setTheme(this.look);
      },
    }),
});
