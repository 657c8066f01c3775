/** Where I am: the trail in the top bar, and the browser's tab. */
import { effect } from '../effect.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import Alpine from '../vendor/alpine.js';

export interface Step {
  text: string;
  to?: string;
}

export const place = Alpine.reactive({ title: 'frame.product' as Key, steps: [] as Step[] });

export function setTitle(title: Key): void {
  place.title = title;
}

/** The steps that lead to the open page, the last one being the page itself. Without steps the page's title stands alone. */
export function setPlace(steps: Step[]): void {
  place.steps = steps;
}

/** The same, following the language of the screen until the page is left. */
export function keepPlace(signal: AbortSignal, steps: () => Step[]): void {
  const release = effect(() => {
    if (!signal.aborted) setPlace(steps());
  });
  signal.addEventListener('abort', release);
}

export function clearPlace(): void {
  place.steps = [];
}

/** The browser's tab follows the place and the language. */
export function followTitle(): void {
  Alpine.effect(() => {
    const last = place.steps.at(-1)?.text ?? t(place.title);
    document.title = place.title === 'frame.product' ? last : `${last} · ${t('frame.product')}`;
  });
}
