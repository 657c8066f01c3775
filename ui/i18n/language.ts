/** The language of the screen and the translation of keys. Everything that calls `t` inside an Alpine effect follows a change at once. */
import { particle } from '../../server/particles.ts';
import Alpine from '../vendor/alpine.js';
import type { Key } from './keys.ts';
import { dictionary } from './words.ts';

export type Language = 'ko' | 'en';
export type Params = Record<string, string | number>;

const STORED = 'ai-studio.language';

function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === 'ko' || stored === 'en') return stored;
  return navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}

export const language = Alpine.reactive<{ now: Language }>({ now: firstLanguage() });

export function setLanguage(next: Language): void {
  language.now = next;
  localStorage.setItem(STORED, next);
  document.documentElement.lang = next;
}
document.documentElement.lang = language.now;

function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)(?::([^/}]*)\/([^}]*))?\}/g, (whole, name: string, first?: string, second?: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    const shown = typeof value === 'number' ? value.toLocaleString(language.now) : value;
    if (first === undefined) return shown;
    if (language.now === 'ko') return shown + particle(String(value), first, second ?? '');
    return `${shown} ${Number(value) === 1 ? first : second}`;
  });
}

/** The text of a key in the language of the screen. */
export function t(key: Key, params?: Params): string {
  const pair = dictionary.get(key);
  const text = pair ? pair[language.now === 'ko' ? 0 : 1] : key;
  return params ? fill(text, params) : text;
}

/** A message that is kept: its text is made when it is shown, in the language of then. */
export interface Said {
  key: Key;
  params?: Params;
}
export function say(said: Said): string {
  return t(said.key, said.params);
}

/** The text of a key that is put together at run time, or undefined where there is none. */
export function textOf(key: string): string | undefined {
  return dictionary.has(key) ? t(key as Key) : undefined;
}

/** Picks the reader's sentence of a record that carries both. */
export function inLanguage(both: { ko: string; en: string }): string {
  return both[language.now];
}
