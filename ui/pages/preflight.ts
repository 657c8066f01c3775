/** Before Start: two steps of the training are timed by the daemon, and what they tell stands beside the steps. */
import type { RunConfig } from '../../server/http/schemas.ts';
import type { Preflight } from '../../server/http/training-schemas.ts';
import { api, wasAborted } from '../api.ts';
import '../i18n/areas/preflight.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { component, icon } from '../mount.ts';

const EVERY = 700;
const MIB = 1024 * 1024;

const isOpen = (preflight: Preflight | null) => preflight?.state === 'pending' || preflight?.state === 'running';

export function preflightCheck(experimentId: number, signal: AbortSignal) {
  let timer = 0;
  let asked = '';
  let turn = 0;
  signal.addEventListener('abort', () => clearTimeout(timer));
  return component({
    found: null as Preflight | null,
    problem: null as unknown,
    asking: false,

    /** Asks once for each configuration. */
    look(config: RunConfig) {
      const key = JSON.stringify(config);
      if (key === asked) return;
      asked = key;
      void this.ask(config);
    },
    forget() {
      asked = '';
      turn++;
      clearTimeout(timer);
      this.found = null;
      this.problem = null;
      this.asking = false;
    },
    again(config: RunConfig) {
      asked = JSON.stringify(config);
      void this.ask(config);
    },
    async ask(config: RunConfig) {
      const mine = ++turn;
      clearTimeout(timer);
      this.found = null;
      this.problem = null;
      this.asking = true;
      try {
        const first = await api.post<Preflight>(`/api/experiments/${experimentId}/preflight`, config);
        if (mine === turn) this.follow(mine, first);
      } catch (error) {
        this.stopped(mine, error);
      }
    },
    follow(mine: number, preflight: Preflight) {
      if (mine !== turn || signal.aborted) return;
      this.found = Object.freeze(preflight);
      this.asking = isOpen(preflight);
      if (!this.asking) return;
      timer = window.setTimeout(() => {
        api.get<Preflight>(`/api/preflights/${preflight.id}`, undefined, signal).then(
          (next) => this.follow(mine, next),
          (error) => this.stopped(mine, error),
        );
      }, EVERY);
    },
    stopped(mine: number, error: unknown) {
      if (mine !== turn || wasAborted(error)) return;
      this.asking = false;
      this.problem = error;
    },

    result() {
      return this.found?.result ?? null;
    },
    idle() {
      return !this.asking && !this.found && !this.problem;
    },
    askingText() {
      return t(this.found?.state === 'pending' ? 'preflight.waiting' : 'preflight.running');
    },
    failure() {
      const { found } = this;
      if (!found || this.asking || found.result) return '';
      return found.failure ? inLanguage(found.failure) : t('preflight.failed');
    },
    facts() {
      const { found } = this;
      const result = found?.result;
      if (!found || !result) return [];
      const { queue } = found;
      const { counts } = result;
      return [
        {
          name: t('preflight.memory'),
          value: t('preflight.memory.value', { need: format.bytes(result.memoryMb * MIB), limit: format.bytes(result.memoryLimitMb * MIB) }),
        },
        ...(result.gpuMemory
          ? [
              {
                name: t('preflight.gpuMemory'),
                value: t('preflight.memory.value', {
                  need: format.bytes(result.gpuMemory.memoryMb * MIB),
                  limit: format.bytes(result.gpuMemory.limitMb * MIB),
                }),
              },
            ]
          : []),
        {
          name: t('preflight.epoch'),
          value: result.epochSeconds < 10 ? t('unit.seconds', { n: format.decimal(result.epochSeconds, 1) }) : format.duration(result.epochSeconds),
        },
        { name: t('preflight.total'), value: t('preflight.total.value', { time: format.duration(result.totalSeconds) }) },
        { name: t('preflight.queue'), value: queue.now ? t('preflight.queue.now') : t('preflight.queue.place', { n: queue.place }) },
        { name: t('preflight.pictures'), value: [counts.training, counts.validation, counts.test].map(format.count).join(' / ') },
      ];
    },
    queueNote() {
      return this.found?.result && !this.found.queue.now ? inLanguage(this.found.queue) : '';
    },
    warnings() {
      return (this.result()?.warnings ?? []).map((one) => ({ code: one.code, text: inLanguage(one) }));
    },
    tooLarge() {
      return this.result()?.fits === false;
    },
    proposal() {
      return this.result()?.proposedBatchSize ?? null;
    },
    fine() {
      const result = this.result();
      return result?.fits === true && !result.warnings.length;
    },
  });
}

/** The component has `preflight` (preflightCheck(…)), measureAgain() and takeBatchSize(n). */
export const preflightView = `<section class="box preflight"><div class="box-head"><h2 x-t="preflight.title"></h2><button type="button" x-hint="preflight.hint"></button><span class="spacer"></span><button type="button" class="icon-button" x-show="preflight.found && !preflight.asking" @click="measureAgain()" x-t:aria-label="preflight.again" x-t:title="preflight.again">${icon('refresh-cw')}</button></div>
  <div class="box-body" aria-live="polite"><p class="muted" x-show="preflight.idle()" x-t="preflight.later"></p>
    <div x-show="preflight.asking"><div class="progress"><div class="progress-bar unknown" role="progressbar" x-t:aria-label="preflight.running"><div></div></div></div><p class="muted" x-text="preflight.askingText()"></p></div>
    <div x-problem="preflight.problem"></div><p class="notice warn" x-show="preflight.failure()">${icon('triangle-alert')}<span x-text="preflight.failure()"></span></p>
    <dl class="conf-facts" x-show="preflight.result()"><template x-for="fact in preflight.facts()" :key="fact.name"><div><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl>
    <p class="muted" x-show="preflight.queueNote()" x-text="preflight.queueNote()"></p>
    <div class="notice warn" x-show="preflight.tooLarge()">${icon('triangle-alert')}<span><span x-t="preflight.tooLarge"></span> <button type="button" class="link-button" x-show="preflight.proposal() && !templateMode()" @click="takeBatchSize(preflight.proposal())" x-text="$t('preflight.propose', { n: preflight.proposal() })"></button></span></div>
    <ul class="preflight-warnings" x-show="preflight.warnings().length"><template x-for="one in preflight.warnings()" :key="one.text"><li>${icon('triangle-alert')}<span x-text="one.text"></span></li></template></ul>
    <p class="preflight-fine" x-show="preflight.fine()">${icon('circle-check')}<span x-t="preflight.fine"></span></p></div></section>`;
