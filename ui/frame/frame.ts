/** The frame: the rail with its menus, the top bar, the place of the page and of the side panel. */
import type { Job } from '../../server/http/schemas.ts';
import { confirm } from '../components/confirm.ts';
import { bindKeys, openKeySheet } from '../components/keys.ts';
import { openMenu } from '../components/menu.ts';
import { closePanel, panel } from '../components/panel.ts';
import { toastError } from '../components/toast.ts';
import { language, t } from '../i18n/language.ts';
import { dictionary } from '../i18n/words.ts';
import { line } from '../live/events.ts';
import { loaded } from '../live/project.ts';
import { templateMode, useTemplate } from '../live/template.ts';
import { component, icon } from '../mount.ts';
import { go, type Menu, open } from '../router.ts';
import { me, signOut, useLanguage } from '../session.ts';
import { setTheme, type Theme, theme } from '../theme.ts';
import { openInformation } from './information.ts';
import { jobAddress, jobs, nearest, openJobs } from './jobs.ts';
import { notes, openNotes, unread } from './notes.ts';
import { place } from './place.ts';
import { openProjects } from './projects.ts';
import { searches } from './searches.ts';

interface Entry {
  menu: Menu;
  icon: string;
  /** Path, or the part behind /projects/ID of a menu that belongs to the project. */
  path?: string;
  part?: string;
}
const MENUS: Entry[] = [
  { menu: 'home', icon: 'house', path: '/' },
  { menu: 'data', icon: 'database', part: 'data' },
  { menu: 'experiment', icon: 'flask-conical', part: 'experiments' },
  { menu: 'inference', icon: 'scan-search', part: 'inference' },
  { menu: 'template', icon: 'workflow', path: '/templates' },
  { menu: 'models', icon: 'package', path: '/models' },
  { menu: 'annotation', icon: 'tags', path: '/annotations' },
  { menu: 'monitor', icon: 'activity', path: '/monitor' },
  { menu: 'group', icon: 'users', path: '/groups' },
];

const DEVELOPERS = new Set<Menu>(['home', 'template', 'models', 'monitor']);

function entryMarkup(entry: Entry): string {
  const shows = entry.part || DEVELOPERS.has(entry.menu) ? 'developer' : 'true';
  const busy = entry.part ? `<span class="dot" x-show="busy('${entry.menu}')"><span class="visually-hidden" x-t="frame.running"></span></span>` : '';
  return `<li x-show="${shows}"><a class="rail-link" :href="href('${entry.path ?? ''}', '${entry.part ?? ''}')" :aria-current="current('${entry.menu}') ? 'page' : false"
      @click="${entry.part ? `needProject($event)` : 'leave()'}">${icon(entry.icon)}<span x-t="menu.${entry.menu}"></span>${busy}</a>
    ${
      entry.menu === 'experiment'
        ? `<template x-for="path in trainings()" :key="path"><a class="rail-link sub" :href="path" :aria-current="at(path) ? 'page' : false">${icon('play')}<span x-t="menu.run"></span><span class="dot"></span></a></template>`
        : ''
    }</li>`;
}

const rail = `<nav class="rail" x-t:aria-label="frame.menus" x-show="signedIn && !bare">
  <a class="brand" href="/"><svg viewBox="0 0 32 32" class="brand-mark" aria-hidden="true"><rect width="32" height="32" rx="7"></rect><path d="M8 22 14 10h4l6 12h-4l-1.2-2.6h-5.6L12 22H8Zm6.6-5.6h2.8L16 13.2l-1.4 3.2Z"></path></svg><span x-t="frame.product"></span></a>
  <ul>${MENUS.map(entryMarkup).join('')}
    <li x-show="admin"><a class="rail-link" href="/admin" :aria-current="current('admin') ? 'page' : false">${icon('shield')}<span x-t="menu.admin"></span></a></li></ul>
  <div class="rail-foot">
    <button type="button" class="rail-link" @click="information()" :aria-expanded="panelOpen() ? 'true' : 'false'">${icon('circle-question-mark')}<span x-t="menu.information"></span></button>
    <button type="button" class="rail-link person" aria-haspopup="menu" aria-expanded="false" @click="personMenu($el)"><span class="avatar" aria-hidden="true" x-text="initial()"></span><span class="person-name" x-text="personName()"></span><span class="visually-hidden" x-t="person.menu"></span></button>
  </div></nav>`;

const topBar = `<header class="top" x-show="signedIn && !bare">
  <nav class="trail" x-t:aria-label="frame.place"><ol>
    <template x-for="(step, index) in trail()" :key="index"><li :class="{ short: step.text.length < 12 }"><a x-show="step.to" :href="step.to" x-text="step.text"></a><span x-show="!step.to" x-text="step.text" :aria-current="index === trail().length - 1 ? 'page' : false"></span></li></template></ol></nav>
  <div class="top-right">
    <button type="button" class="project-chip" x-show="developer" :class="{ none: !project() }" aria-haspopup="dialog" aria-expanded="false" @click="projects($el)" x-t:title="frame.project.change">${icon('folder-open')}<span x-text="projectText()"></span>${icon('chevron-down')}</button>
    <div class="template-chip" role="status" x-show="developer && template()">${icon('workflow')}<span class="cut" x-text="templateText()" :title="templateText()"></span><button type="button" class="button small" @click="leaveTemplate()" x-t="template.mode.cancel"></button></div>
    <button type="button" class="top-button" x-show="developer" aria-haspopup="dialog" aria-expanded="false" @click="showJobs($el)" :class="{ active: jobCount() > 0 }"><span class="visually-hidden" x-text="$t('jobs.button', { n: jobCount() })"></span><span x-icon="jobCount() ? 'loader' : 'list-checks'" :class="{ spin: jobCount() > 0 }"></span><span aria-hidden="true" x-show="jobCount()" x-text="jobCount()"></span><span class="top-time" x-show="jobTime()" x-text="jobTime()"></span></button>
    <button type="button" class="top-button" aria-haspopup="dialog" aria-expanded="false" @click="showNotes($el)"><span class="visually-hidden" x-text="$t('notes.button', { n: unread() })"></span>${icon('bell')}<span class="badge" aria-hidden="true" x-show="unread()" x-text="unread()"></span></button>
    <div class="language" role="group" x-t:aria-label="language.switch">
      <button type="button" lang="ko" @click="speak('ko')" :aria-pressed="language() === 'ko' ? 'true' : 'false'" aria-label="KO 한국어">KO</button>
      <button type="button" lang="en" @click="speak('en')" :aria-pressed="language() === 'en' ? 'true' : 'false'" aria-label="EN English">EN</button></div>
  </div></header>`;

export const frame = {
  template: `<a class="skip" href="#main" x-t="frame.skip" @click.prevent="toMain()"></a>${rail}
    <div class="stage">${topBar}
      <div class="lost-line" role="status" x-show="lost()">${icon('wifi-off')}<span x-t="line.lost"></span></div>
      <p class="visually-hidden" role="status" x-text="trail()[trail().length - 1].text"></p>
      <div class="page-loading" x-show="loadingPage()"></div>
      <div class="middle"><main id="main" class="main" tabindex="-1"><div id="outlet"></div></main><div id="panel-place" class="panel-place"></div></div></div>`,

  component: () =>
    component({
      get bare() {
        return open.bare;
      },
      get signedIn() {
        return me.session !== null;
      },
      get developer() {
        return me.developer;
      },
      get admin() {
        return me.admin;
      },
      init() {
        bindKeys(new AbortController().signal, [
          { key: '?', text: 'keys.sheet' },
          { key: '/', text: 'keys.search', run: () => document.querySelector<HTMLElement>('[data-search]')?.focus() },
          { key: 'h', text: 'keys.help', run: () => me.session && openInformation() },
          { key: 'Escape', shown: 'Esc', text: 'keys.escape' },
        ]);
        // The typeface comes in pieces, each when its letters are first shown: those of this line could not be fetched when it is needed.
        const spoken = [...(dictionary.get('line.lost') ?? []), ...(dictionary.get('error.offline') ?? [])].join('');
        setTimeout(() => void document.fonts.load('13px "Pretendard Variable"', spoken).catch(() => {}), 1500);
      },
      lost: () => line.lost,
      loadingPage: () => open.busy,
      panelOpen: () => panel.open,
      toMain() {
        document.getElementById('main')?.focus();
      },
      leave() {
        closePanel();
      },

      href: (path: string, part: string) => (part ? `/projects/${loaded.project?.id ?? 0}/${part}` : path),
      current: (menu: Menu) => open.menu === menu || (menu === 'experiment' && open.menu === 'run'),
      at: (path: string) => open.path === path,
      busy(menu: Menu) {
        const kinds = menu === 'data' ? ['ingest', 'sample', 'preprocess', 'table'] : menu === 'experiment' ? ['train', 'trial'] : ['infer'];
        if (menu === 'experiment' && searches.rows.length > 0) return true;
        return jobs.rows.some((job) => kinds.includes(job.kind) && job.projectId === loaded.project?.id);
      },
      /** The Run sub-entry: it leads to what was started last in the loaded project, else to a search that waits for Submit. */
      trainings() {
        // A trial is as old as its search.
        const begun = ({ kind, subjectId, createdAt }: Job) => (kind === 'trial' && searches.rows.find(({ id }) => id === subjectId)?.startedAt) || createdAt;
        const training = jobs.rows
          .filter((job) => (job.kind === 'train' || job.kind === 'trial') && job.projectId === loaded.project?.id)
          .toSorted((a, b) => begun(b).localeCompare(begun(a)) || b.id - a.id)[0];
        if (training) return [jobAddress(training)];
        return searches.rows.slice(0, 1).map(({ id }) => `/experiments/${id}/hpo`);
      },
      async needProject(event: Event) {
        closePanel();
        if (loaded.project) return;
        event.preventDefault();
        if (await confirm(() => ({ title: t('need.title'), text: t('need.text'), ok: t('action.home') }))) void go('/');
      },

      information: openInformation,
      personName: () => me.user?.name ?? '',
      initial: () => (me.user?.name ?? '').trim().slice(0, 1).toUpperCase(),
      personMenu(anchor: HTMLElement) {
        const now = theme();
        const choose = (value: Theme, mark: string) => ({ text: t(`theme.${value}`), icon: mark, checked: now === value, run: () => setTheme(value) });
        openMenu(
          anchor,
          [
            { text: t('person.account'), note: me.user?.userId ?? '', icon: 'user', run: () => void go('/account') },
            { text: t('person.keys'), icon: 'keyboard', run: openKeySheet },
            { ...choose('system', 'monitor'), separated: true },
            choose('light', 'sun'),
            choose('dark', 'moon'),
            { text: t('language.ko'), icon: 'languages', checked: language.now === 'ko', separated: true, run: () => useLanguage('ko') },
            { text: t('language.en'), icon: 'languages', checked: language.now === 'en', run: () => useLanguage('en') },
            { text: t('person.sign-out'), icon: 'log-out', separated: true, run: () => void signOut().catch(toastError) },
          ],
          'start',
        );
      },

      trail: () => (place.steps.length ? place.steps : [{ text: t(place.title) }]),
      project: () => loaded.project,
      projectText: () => (loaded.project ? t('frame.project', { name: loaded.project.name }) : t('frame.project.none')),
      projects: openProjects,
      template: () => templateMode.template,
      templateText: () => t('template.mode', { name: templateMode.template?.name ?? '' }),
      leaveTemplate: () => useTemplate(null),
      jobCount: () => jobs.rows.length,
      jobTime: nearest,
      showJobs: openJobs,
      unread,
      showNotes: openNotes,
      notes: () => notes.rows,

      language: () => language.now,
      speak: useLanguage,
    }),
};
