/** The small parts of markup that are everywhere, as Alpine directives; page.ts lists them. */
import type { Progress } from '../../server/http/schemas.ts';
import { ApiError } from '../api.ts';
import * as formats from '../i18n/format.ts';
import { ago, day, dayAndTime, fullTime } from '../i18n/format.ts';
import type { Key } from '../i18n/keys.ts';
import { inLanguage, type Said, say, t } from '../i18n/language.ts';
import { loaded } from '../live/project.ts';
import { icon, iconHref } from '../mount.ts';
import { me } from '../session.ts';
import Alpine from '../vendor/alpine.js';
import { explain } from './explain.ts';
import { progressText, share } from './progress.ts';
import { type Status, statusChip } from './status.ts';

function markText(): void {
  Alpine.directive('t', (element, { value, expression }, { effect }) => {
    effect(() => {
      const text = t(expression as Key);
      if (value) element.setAttribute(value, text);
      else element.textContent = text;
    });
  });
}

function markIcon(): void {
  Alpine.directive('icon', (element, { expression }, { effect, evaluateLater }) => {
    const read = evaluateLater<string>(expression);
    effect(() =>
      read((name) => {
        element.innerHTML = `<svg class="icon" aria-hidden="true" focusable="false"><use href="${iconHref(name)}"></use></svg>`;
      }),
    );
  });
}

function markStatus(): void {
  Alpine.directive('status', (element, { value, expression }, { effect, evaluateLater }) => {
    const read = evaluateLater<Status | null | undefined>(expression);
    effect(() =>
      read((status) => {
        element.innerHTML = status ? statusChip(status, value) : '';
      }),
    );
  });
}

/** x-progress: bar and line of text; x-progress.thin: the bar alone. */
function markProgress(): void {
  Alpine.directive('progress', (element, { modifiers, expression }, { effect, evaluateLater }) => {
    const thin = modifiers.includes('thin');
    element.classList.add('progress');
    element.innerHTML = `<div class="progress-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><div></div></div>${thin ? '' : '<div class="progress-text"></div>'}`;
    const bar = element.firstElementChild as HTMLElement;
    const read = evaluateLater<Progress | null>(expression);
    effect(() =>
      read((progress) => {
        const part = share(progress);
        const known = Boolean(progress?.total);
        bar.classList.toggle('unknown', !known);
        bar.setAttribute('aria-label', progressText(progress) || t('progress.label'));
        if (known) bar.setAttribute('aria-valuenow', String(Math.round(part)));
        else bar.removeAttribute('aria-valuenow');
        (bar.firstElementChild as HTMLElement).style.transform = known ? `scaleX(${part / 100})` : '';
        if (!thin) (element.lastElementChild as HTMLElement).textContent = progress ? progressText(progress) : t('progress.waiting');
      }),
    );
  });
}

function markTime(): void {
  Alpine.directive('time', (element, { modifiers, expression }, { effect, evaluateLater }) => {
    const read = evaluateLater<string | null>(expression);
    effect(() =>
      read((iso) => {
        element.textContent = !iso ? '–' : modifiers.includes('ago') ? ago(iso) : modifiers.includes('day') ? day(iso) : dayAndTime(iso);
        if (iso) element.title = fullTime(iso);
      }),
    );
  });
}

/** What the daemon has told of a request is told in the language of that moment; everything else follows the language. */
function sentence(problem: unknown): string {
  if (problem instanceof ApiError) return problem.message;
  if (typeof problem === 'string') return problem;
  if (typeof problem === 'object' && problem !== null) {
    if ('key' in problem) return say(problem as Said);
    if ('ko' in problem && 'en' in problem) return inLanguage(problem as { ko: string; en: string });
  }
  return t('error.unexpected');
}

/** An error where it happened: the sentence, and a fold for the engineer. */
function markProblem(): void {
  Alpine.directive('problem', (element, { expression }, { effect, evaluateLater }) => {
    element.classList.add('problem');
    element.setAttribute('role', 'alert');
    const read = evaluateLater<unknown>(expression);
    effect(() =>
      read((problem) => {
        element.hidden = !problem;
        if (!problem) {
          element.replaceChildren();
          return;
        }
        const details = problem instanceof ApiError ? problem.details : problem instanceof Error ? problem.message : undefined;
        element.innerHTML = `${icon('triangle-alert')}<div><p></p>${details ? '<details><summary></summary><pre></pre></details>' : ''}</div>`;
        (element.querySelector('p') as HTMLElement).textContent = sentence(problem);
        if (details) {
          (element.querySelector('summary') as HTMLElement).textContent = t('error.details');
          (element.querySelector('pre') as HTMLElement).textContent = details;
        }
      }),
    );
  });
}

/** The "?" beside a term: two sentences in a small panel. */
function markHint(): void {
  Alpine.directive('hint', (element, { expression }, { effect, cleanup }) => {
    const open = (event: Event) => {
      event.preventDefault();
      event.stopPropagation();
      explain(element, t(expression as Key), 'start');
    };
    element.classList.add('hint');
    element.textContent = '?';
    effect(() => element.setAttribute('aria-label', t('action.explain')));
    element.addEventListener('click', open);
    cleanup(() => element.removeEventListener('click', open));
  });
}

export function registerDirectives(): void {
  markText();
  markIcon();
  markStatus();
  markProgress();
  markTime();
  markProblem();
  markHint();
  Alpine.magic('t', () => t);
  Alpine.magic('say', () => (said: Said | null) => (said ? say(said) : ''));
  Alpine.magic('f', () => formats);
  Alpine.magic('me', () => me);
  Alpine.magic('loaded', () => loaded);
}
