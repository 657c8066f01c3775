/** A session that has ended in the middle of something: the password, here, and the work goes on; what was typed stays. */
import type { Session, SignInRequest } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { dialog, dialogFoot, openDialog } from '../components/dialog.ts';
import { component } from '../mount.ts';
import { go } from '../router.ts';
import { me, takeSession } from '../session.ts';

/** By hand: components/field.ts would come with everybody's first load for this alone. */
const password = `<div class="field"><div class="field-label"><label for="again-password" x-t="again.password"></label></div>
  <div class="control"><input id="again-password" type="password" maxlength="200" autocomplete="current-password" spellcheck="false" x-model="password"></div></div>`;

const again = dialog<string, Session>({
  title: 'again.title',
  size: 'small',
  template: `<div class="dialog-body"><p x-t="again.text"></p><p><b x-text="userId"></b></p>
      ${password}
      <div x-problem="problem"></div></div>${dialogFoot('again.ok', { busy: 'busy', disabled: '!password' })}`,
  component: (userId, done) =>
    component({
      userId,
      password: '',
      busy: false,
      problem: null as unknown,
      async submit() {
        if (this.busy) return;
        this.busy = true;
        this.problem = null;
        try {
          const request: SignInRequest = { userId, password: this.password };
          done(await api.post<Session>('/api/session', request));
        } catch (error) {
          this.problem = error;
          this.password = '';
        } finally {
          this.busy = false;
        }
      },
    }),
});

let asking = false;

export async function signInAgain(): Promise<void> {
  const user = me.user;
  if (asking || !user) return;
  asking = true;
  const session = await openDialog(again, user.userId);
  asking = false;
  if (session) {
    takeSession(session);
    return;
  }
  const next = encodeURIComponent(location.pathname + location.search);
  me.session = null;
  await go(`/sign-in?next=${next}`, { replace: true });
}
