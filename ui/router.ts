/** Addresses and pages: real paths, the browser's own history, pages loaded when they are opened. */
import { confirm } from './components/confirm.ts';
import { closeTopDialog } from './components/dialog.ts';
import { closeFloating } from './components/floating.ts';
import { clearPlace, setTitle } from './frame/place.ts';
import { arrive, remember, remembered, stay } from './history.ts';
import { t } from './i18n/language.ts';
import { lineStands } from './live/events.ts';
import { element } from './mount.ts';
import type { Page, Route } from './page.ts';
import { me } from './session.ts';
import Alpine from './vendor/alpine.js';

export type Menu = 'home' | 'data' | 'experiment' | 'run' | 'inference' | 'template' | 'models' | 'annotation' | 'monitor' | 'group' | 'admin' | 'none';
type Module = () => Promise<{ default: Page }>;
interface Entry {
  path: string;
  menu: Menu;
  load: Module;
  /** Who may open it: anyone without a session, anyone signed in (the default), developers, administrators. */
  who?: 'anyone' | 'developer' | 'admin';
  /** Style sheets of ui/styles that only such pages need; they come with the page. */
  styles?: readonly string[];
}

const WORK = ['data', 'pictures', 'run', 'search-select'] as const;
const TABLES = [...WORK, 'tables'] as const;
const LIBRARY = ['data', 'run', 'library'] as const;
const RUN = [...WORK, 'parameters'] as const;
const SEARCH = [...RUN, 'search'] as const;
const ANNOTATE = ['data', 'annotate', 'search-select'] as const;

const ENTRIES: Entry[] = [
  { path: '/setup', menu: 'none', who: 'anyone', load: () => import('./pages/setup.ts') },
  { path: '/sign-in', menu: 'none', who: 'anyone', load: () => import('./pages/sign-in.ts') },
  { path: '/kiosk', menu: 'none', who: 'anyone', styles: ['kiosk'], load: () => import('./pages/kiosk.ts') },
  { path: '/', menu: 'home', load: () => import('./pages/home.ts') },
  { path: '/projects/:id/data', menu: 'data', who: 'developer', styles: WORK, load: () => import('./pages/data.ts') },
  { path: '/projects/:id/data/new', menu: 'data', who: 'developer', styles: WORK, load: () => import('./pages/dataset-new.ts') },
  { path: '/projects/:id/data/new-table', menu: 'data', who: 'developer', styles: TABLES, load: () => import('./pages/table-new.ts') },
  { path: '/projects/:id/trash', menu: 'data', who: 'developer', styles: WORK, load: () => import('./pages/trash.ts') },
  { path: '/datasets/:id/preprocess', menu: 'data', who: 'developer', styles: [...TABLES, 'preprocess'], load: () => import('./pages/preprocess.ts') },
  { path: '/datasets/:id', menu: 'data', who: 'developer', styles: TABLES, load: () => import('./pages/dataset.ts') },
  { path: '/projects/:id/experiments', menu: 'experiment', who: 'developer', styles: WORK, load: () => import('./pages/experiments.ts') },
  { path: '/projects/:id/compare', menu: 'experiment', who: 'developer', styles: SEARCH, load: () => import('./pages/compare.ts') },
  { path: '/experiments/:id', menu: 'experiment', who: 'developer', styles: WORK, load: () => import('./pages/experiment.ts') },
  { path: '/experiments/:id/run', menu: 'run', who: 'developer', styles: RUN, load: () => import('./pages/run.ts') },
  { path: '/experiments/:id/automl', menu: 'run', who: 'developer', styles: SEARCH, load: () => import('./pages/automl.ts') },
  { path: '/experiments/:id/hpo', menu: 'run', who: 'developer', styles: SEARCH, load: () => import('./pages/hpo.ts') },
  { path: '/projects/:id/inference', menu: 'inference', who: 'developer', styles: [...WORK, 'inference'], load: () => import('./pages/inference.ts') },
  { path: '/inferences/:id', menu: 'inference', who: 'developer', styles: WORK, load: () => import('./pages/inference-results.ts') },
  { path: '/templates', menu: 'template', who: 'developer', styles: LIBRARY, load: () => import('./pages/templates.ts') },
  { path: '/models', menu: 'models', who: 'developer', styles: LIBRARY, load: () => import('./pages/models.ts') },
  { path: '/models/:id', menu: 'models', who: 'developer', styles: LIBRARY, load: () => import('./pages/model.ts') },
  { path: '/weights', menu: 'models', who: 'developer', styles: LIBRARY, load: () => import('./pages/weights.ts') },
  { path: '/model-versions/:id', menu: 'models', who: 'developer', styles: LIBRARY, load: () => import('./pages/model-version.ts') },
  { path: '/annotations', menu: 'annotation', styles: ANNOTATE, load: () => import('./pages/annotations.ts') },
  { path: '/annotations/:id', menu: 'annotation', styles: ANNOTATE, load: () => import('./pages/annotation.ts') },
  { path: '/monitor', menu: 'monitor', who: 'developer', load: () => import('./pages/monitor.ts') },
  { path: '/groups', menu: 'group', load: () => import('./pages/groups.ts') },
  { path: '/admin', menu: 'admin', who: 'admin', styles: ['kiosk'], load: () => import('./pages/admin.ts') },
  { path: '/account', menu: 'none', load: () => import('./pages/account.ts') },
];

const ANNOTATOR_HOME = '/annotations';
const NOT_FOUND: Module = () => import('./pages/not-found.ts');
const NO_RIGHTS: Module = () => import('./pages/no-rights.ts');
const LOAD_FAILED: Module = () => import('./pages/load-failed.ts');

/** What the frame shows of the place that is open. */
export const open = Alpine.reactive({ path: location.pathname, menu: 'none' as Menu, bare: true, busy: false, help: { ko: '', en: '' } as Page['help'] });

function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.replace(/(.)\/$/, '$1').split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) {
      if (!/^\d+$/.test(value)) return null;
      params[part.slice(1)] = value;
    } else if (part !== value) return null;
  }
  return params;
}

function find(path: string): { entry: Entry; params: Record<string, string> } | null {
  for (const entry of ENTRIES) {
    const params = match(entry.path, path);
    if (params) return { entry, params };
  }
  return null;
}

let outlet: HTMLElement;
let scroller: HTMLElement;
let leaving = new AbortController();
let unsaved: (() => boolean) | null = null;
let settle: (() => Promise<void>) | null = null;
let turn = 0;
let here = '';

const sheets = new Map<string, Promise<void>>();
/** Puts a style sheet into the page, once; without it the page would stand there undressed for a moment. */
function sheet(name: string): Promise<void> {
  let coming = sheets.get(name);
  if (!coming) {
    coming = new Promise((resolve) => {
      const link = document.createElement('link');
      link.rel = 'stylesheet';
      link.href = new URL(`./styles/${name}.css`, import.meta.url).href;
      link.onload = () => resolve();
      // Better plain than not at all.
      link.onerror = () => resolve();
      document.head.append(link);
    });
    sheets.set(name, coming);
  }
  return coming;
}

async function mayLeave(): Promise<boolean> {
  if (!unsaved?.()) return true;
  await settle?.();
  if (!unsaved?.()) return true;
  return confirm(() => ({ title: t('leave.title'), text: t('leave.text'), ok: t('leave.ok'), danger: true }));
}

/** The daemon did not answer at the start: says so instead of guessing. */
export async function showLoadFailed(into: HTMLElement): Promise<void> {
  const { default: failed } = await LOAD_FAILED();
  into.replaceChildren(
    element('div', 'page', failed.template, failed.component({ path: '', params: {}, query: new URLSearchParams(), signal: leaving.signal, guard: () => {} })),
  );
}

/** Shows the page of the present address. */
async function show(): Promise<void> {
  const mine = ++turn;
  if (location.pathname === '/' && me.session?.user.role === 'annotator') history.replaceState(null, '', ANNOTATOR_HOME);
  const path = location.pathname;
  const found = find(path);
  let load = found?.entry.load ?? NOT_FOUND;
  let menu: Menu = found?.entry.menu ?? 'none';
  const who = found?.entry.who;
  if (!me.session && who !== 'anyone') {
    history.replaceState(null, '', `/sign-in?next=${encodeURIComponent(path + location.search)}`);
    return show();
  }
  if ((who === 'admin' && !me.admin) || (who === 'developer' && !me.developer)) {
    load = NO_RIGHTS;
    menu = 'none';
  }
  open.busy = true;
  let loaded: Page;
  try {
    const [module] = await Promise.all([load(), ...(found?.entry.styles ?? []).map(sheet)]);
    loaded = module.default;
    await lineStands();
  } catch {
    loaded = (await LOAD_FAILED()).default;
  }
  // A faster click has overtaken this one.
  if (mine !== turn) return;
  leaving.abort();
  leaving = new AbortController();
  unsaved = null;
  settle = null;
  const route: Route = {
    path,
    params: found?.params ?? {},
    query: new URLSearchParams(location.search),
    signal: leaving.signal,
    guard: (ask, first) => {
      unsaved = ask;
      settle = first ?? null;
    },
  };
  closeFloating();
  clearPlace();
  setTitle(loaded.title);
  open.path = path;
  open.menu = menu;
  open.help = loaded.help;
  open.bare = who === 'anyone';
  open.busy = false;
  here = path + location.search;
  arrive();
  outlet.replaceChildren(element('div', 'page', loaded.template, loaded.component(route)));
  scroller.scrollTop = (remembered() as { scroll?: number } | null)?.scroll ?? 0;
}

function keepScroll(): void {
  remember({ scroll: scroller.scrollTop });
}

/** Opens an address of the studio. */
export async function go(to: string, how: { replace?: boolean } = {}): Promise<void> {
  if (!(await mayLeave())) return;
  unsaved = null;
  keepScroll();
  if (how.replace || to === location.pathname + location.search) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  await show();
}

/** Shows the open page anew. */
export function reopen(): Promise<void> {
  return show();
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest?.('a[href]');
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname.startsWith('/api/')) return;
  event.preventDefault();
  void go(link.pathname + link.search);
}

export async function startRouter(into: HTMLElement, scrolls: HTMLElement): Promise<void> {
  outlet = into;
  scroller = scrolls;
  history.scrollRestoration = 'manual';
  document.addEventListener('click', followLink);
  addEventListener('popstate', async () => {
    // Back closes what lies over the page first, as people know it from their phones.
    if (closeTopDialog()) {
      stay(here);
      return;
    }
    if (unsaved?.()) {
      const target = location.pathname + location.search;
      stay(here);
      if (!(await mayLeave())) return;
      unsaved = null;
      history.replaceState(null, '', target);
    }
    await show();
  });
  addEventListener('beforeunload', (event) => {
    if (unsaved?.()) event.preventDefault();
    else keepScroll();
  });
  await show();
}
