/**
 * The log of a job: follows its end, stands still once somebody scrolls up, keeps the last lines and copies them all.
 *
 *     ${logView('log')}                    // log: jobLog(), a member of the component
 *     this.log.add(event); this.log.clear();
 */
import type { JobEvent } from '../../server/http/schemas.ts';
import { effect } from '../effect.ts';
import { language, t } from '../i18n/language.ts';
import { icon } from '../mount.ts';
import Alpine from '../vendor/alpine.js';
import { toast } from './toast.ts';

type LogLine = Extract<JobEvent, { type: 'log' }>;
const KEPT = 20_000;
const SHOWN = 2_000;

export interface JobLog {
  count: number;
  following: boolean;
  add(line: LogLine): void;
  clear(): void;
  copy(): Promise<void>;
  follow(): void;
  attach(box: HTMLElement): void;
}

function clock(iso: string): string {
  const at = new Date(iso);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** In the reader's language, where the line was written in both. */
function said(line: LogLine): string {
  return language.now === 'ko' ? (line.ko ?? line.text) : line.text;
}

export function jobLog(): JobLog {
  let lines: LogLine[] = [];
  let waiting: LogLine[] = [];
  let box: HTMLElement | null = null;
  let frame = 0;

  function draw(): void {
    frame = 0;
    if (!box) return;
    const fragment = document.createDocumentFragment();
    for (const line of waiting.slice(-SHOWN)) {
      const row = document.createElement('div');
      row.className = `log-line ${line.level}`;
      row.innerHTML = '<time></time><span></span>';
      (row.firstElementChild as HTMLElement).textContent = clock(line.at);
      (row.lastElementChild as HTMLElement).textContent = said(line);
      fragment.append(row);
    }
    waiting = [];
    box.append(fragment);
    while (box.childElementCount > SHOWN) box.firstElementChild?.remove();
    log.count = lines.length;
    if (log.following) box.scrollTop = box.scrollHeight;
  }
  const soon = () => {
    if (!frame) frame = requestAnimationFrame(draw);
  };

  const log = Alpine.reactive<JobLog>({
    count: 0,
    following: true,
    add(line) {
      lines.push(line);
      if (lines.length > KEPT) lines = lines.slice(-KEPT);
      waiting.push(line);
      soon();
    },
    clear() {
      lines = [];
      waiting = [];
      box?.replaceChildren();
      log.count = 0;
      log.following = true;
    },
    async copy() {
      const text = lines.map((line) => `${line.at} ${line.level === 'info' ? '' : `[${line.level}] `}${said(line)}`).join('\n');
      if (navigator.clipboard) await navigator.clipboard.writeText(text);
      else {
        // Without TLS, as on many a factory's network, the clipboard is only to be had through a selection.
        const field = document.createElement('textarea');
        field.value = text;
        field.className = 'visually-hidden';
        document.body.append(field);
        field.select();
        document.execCommand('copy');
        field.remove();
      }
      toast('success', t('log.copied'));
    },
    follow() {
      log.following = true;
      if (box) box.scrollTop = box.scrollHeight;
    },
    attach(element) {
      box = element;
      box.addEventListener('scroll', () => {
        log.following = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
      });
      let spoken: (() => void) | undefined;
      spoken = effect(() => {
        // Read, so that a change of language writes all lines anew.
        void language.now;
        if (!element.isConnected) {
          spoken?.();
          return;
        }
        element.replaceChildren();
        waiting = [...lines];
        soon();
      });
    },
  });
  return log;
}

/** `state`: the member that holds the JobLog; `ref`: a name for the box (the component calls attach with it). */
export function logView(state: string, ref = 'log'): string {
  return `<section class="box log"><div class="box-head"><h2 x-t="log.title"></h2><span class="muted" x-show="${state}.count" x-text="$t('log.lines', { n: ${state}.count })"></span><span class="spacer"></span>
      <button type="button" class="button quiet small" x-show="!${state}.following" @click="${state}.follow()">${icon('arrow-down')}<span x-t="log.follow"></span></button>
      <button type="button" class="icon-button" :disabled="!${state}.count" @click="${state}.copy()" x-t:aria-label="log.copy" x-t:title="log.copy">${icon('copy')}</button></div>
    <div class="log-place"><p class="log-empty" x-show="!${state}.count" x-t="log.empty"></p><div class="log-box" x-ref="${ref}" tabindex="0" role="log" aria-live="off" x-t:aria-label="log.title"></div></div></section>`;
}
