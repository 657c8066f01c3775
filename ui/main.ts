/** Entry of the browser application: everything is wired here. */
import './i18n/areas/base.ts';
import './i18n/areas/frame.ts';
import type { SetupState } from '../server/http/schemas.ts';
import { api } from './api.ts';
import { registerDirectives } from './components/directives.ts';
import { registerDrop } from './components/drop.ts';
import { startKeys } from './components/keys.ts';
import { registerTabs } from './components/tabs.ts';
import { frame } from './frame/frame.ts';
import { followTitle } from './frame/place.ts';
import { startEvents, stopEvents } from './live/events.ts';
import { loaded, restoreProject } from './live/project.ts';
import { element } from './mount.ts';
import { go, open, startRouter } from './router.ts';
import { loadSession, me, onSignedOut } from './session.ts';
import Alpine from './vendor/alpine.js';

async function start(): Promise<void> {
  registerDirectives();
  registerTabs();
  registerDrop();
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
    } else {
      stopEvents();
      loaded.project = null;
    }
  });
  onSignedOut(() => {
    if (open.path !== '/sign-in') void go(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`, { replace: true });
  });
  await startRouter(shell.querySelector('#outlet') as HTMLElement, shell.querySelector('#main') as HTMLElement);
}

void start();
