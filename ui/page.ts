/**
 * How to write a page
 * ===================
 * A page is one module in ui/pages that exports its page as default:
 *
 *     import '../i18n/areas/things.ts';                     // the page's texts; the area is also named in i18n/keys.ts
 *     export default page({
 *       title: 'things.title',                              // shown in the top bar and the browser's tab
 *       help: { ko: `…`, en: `…` },                         // the Information panel: '# heading', '- point', plain paragraphs; or () => import(…) of it
 *       template: `
 *         ${pageHead('things.title', 'things.purpose', `<button class="button primary" @click="create()">${icon('plus')}<span x-t="things.new"></span></button>`)}
 *         ${tableView(columns, { state: 'list', menu: 'menu($el, row)', empty: emptyState({…}) })}`,
 *       component: (route) => component({
 *         list: tableOf(columns, { name: 'things', … }),
 *         async init() { … },                                // runs when the page stands; use route.params, route.query, route.signal
 *       }),
 *     });
 *
 * and one line in the table of router.ts. The router loads the module when its address is opened, and the style sheets that the line names.
 *
 * - Texts: `<span x-t="key">` sets the text, `x-t:placeholder="key"` an attribute; with values `x-text="$t('key', { n: rows.length })"`;
 *   in TypeScript `t('key')` from i18n/language.ts. Never a literal in the markup.
 * - Expressions are read by Alpine's CSP parser: paths, calls, ! + - * / % comparisons && || ?: and object literals work; ?. ?? => `…`
 *   typeof and globals (Math, window) do not. Call methods with (): a bare name loses its `this`. Anything longer belongs into the component.
 *   No style="" in markup (the CSP forbids it): `:style="{ width: x }"` is fine.
 * - Directives: x-t, x-icon="name", x-status="row.status" (x-status:project where a kind has words of its own), x-progress="job.progress", x-time="iso" (x-time.day: the date only),
 *   x-problem="error" (an error where it happened), x-hint="key" (the "?" with its explanation), x-drop (files; see components/drop.ts).
 *   Magics: $t, $f (i18n/format.ts), $me (session.ts), $loaded (the loaded project).
 * - What a person or a log wrote and could look like a text key stands in an element with data-verbatim: the browser tests look for raw keys.
 * - Requests: `api.get<Project[]>('/api/projects', query, route.signal)`; a failure is an ApiError: keep it in the component and show it
 *   with x-problem, or hand it to `toastError(error)` where there is no better place.
 * - Live: `onChange('dataset', { projectId, signal: route.signal }, (id, record) => …)`, `onResync(signal, reload)`,
 *   `watchJob(jobId, { signal, after, onEvent, onProgress })` from live/events.ts; `liveList(…)` from live/list.ts keeps an array right.
 * - Ends: `route.signal` is aborted when the page is left; everything that takes a signal stops then. `route.guard(() => dirty)` asks before
 *   typed work is lost.
 * - Place: `setPlace([{ text, to }, …])` from frame/place.ts fills the breadcrumb; `openProject(id)` loads the project of the address.
 * - Dialogs: `await openDialog(dialog({ title, template, component: (args, done) => … }), args)`; `await confirm(() => ({ … }))`. Panels: openPanel.
 * - Menus: `openMenu($el, [{ text, icon, run }, …])`. Toasts: `toast('success', text)`. Keys: `bindKeys(route.signal, [{ key, text, run }])`.
 */
import type { Key } from './i18n/keys.ts';

export interface Route {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Aborted when the page is left. */
  readonly signal: AbortSignal;
  /** While `unsaved` says true, leaving asks first; but `settle`, where given, is waited for before it asks. */
  guard(unsaved: () => boolean, settle?: () => Promise<void>): void;
}

export interface Help {
  ko: string;
  en: string;
}

/** A long text is loaded when it is asked for. */
export type LaterHelp = () => Promise<{ default: Help }>;

export interface Page {
  title: Key;
  help: Help | LaterHelp;
  template: string;
  component(route: Route): object;
}

export function page(definition: Page): Page {
  return definition;
}

/** The top of a page: its title, one line of what it is for, its main buttons. Texts are keys. */
export function pageHead(title: Key, purpose: Key, buttons = ''): string {
  return `<header class="page-head"><div><h1 x-t="${title}"></h1><p x-t="${purpose}"></p></div><div class="page-actions">${buttons}</div></header>`;
}
