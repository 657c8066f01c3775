/** Entry of the browser application: everything is wired here. */
import './i18n/areas/base.ts';
import './i18n/areas/frame.ts';
import type { Session, SetupState } from '../server/http/schemas.ts';
import { api } from './api.ts';
import { registerDirectives } from './components/directives.ts';
import { registerDrop } from './components/drop.ts';
import { registerExplanations } from './components/explain.ts';
import { startKeys } from './components/keys.ts';
import { registerTables } from './components/table.ts';
import { registerTabs } from './components/tabs.ts';
import { toast } from './components/toast.ts';
import { frame } from './frame/frame.ts';
import { followTitle } from './frame/place.ts';
import { signInAgain } from './frame/sign-in-again.ts';
import { t } from './i18n/language.ts';
import { onResync, startEvents, stopEvents } from './live/events.ts';
import { loaded, restoreProject } from './live/project.ts';
import { restoreTemplate } from './live/template.ts';
import { element } from './mount.ts';
import { go, showLoadFailed, startRouter } from './router.ts';
import { loadSession, me, onSessionEnd } from './session.ts';
import Alpine from './vendor/alpine.js';

/** After a gap the daemon may be a newer one: the open page is then of before the update. */
async function lookForUpdate(): Promise<void> {
  const before = me.session?.version;
  const now = await api.get<Session>('/api/session').catch(() => null);
  if (!before || !now || now.version === before || !me.session) return;
  me.session.version = now.version;
  toast('info', t('update.text', { version: now.version }), { action: { text: t('failed.reload'), run: () => location.reload() } });
}

async function start(): Promise<void> {
  registerDirectives();
  registerTabs();
  registerDrop();
  registerTables();
  registerExplanations();
  startKeys();
  followTitle();
  const [setup, signedIn] = await Promise.allSettled([api.get<SetupState>('/api/setup'), loadSession()]);
  if (setup.status === 'fulfilled' && setup.value.needed) history.replaceState(null, '', '/setup');
  else if (setup.status === 'fulfilled' && location.pathname === '/setup') history.replaceState(null, '', '/');
  if (signedIn.status === 'fulfilled' && signedIn.value && location.pathname === '/sign-in') history.replaceState(null, '', '/');

  const shell = element('div', 'shell', frame.template, frame.component());
  document.body.append(shell);
  Alpine.start();
  Alpine.effect(() => {
    if (me.session) {
      startEvents();
      void restoreProject();
      void restoreTemplate();
    } else {
      stopEvents();
      loaded.project = null;
    }
  });
  onSessionEnd({
    expired: () => void signInAgain(),
    left: () => void go('/sign-in', { replace: true }),
  });
  const outlet = shell.querySelector('#outlet') as HTMLElement;
  if (setup.status === 'rejected') return showLoadFailed(outlet);
  onResync(new AbortController().signal, () => void lookForUpdate());
  await startRouter(outlet, shell.querySelector('#main') as HTMLElement);
}

void start();
