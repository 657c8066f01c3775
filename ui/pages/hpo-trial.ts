/** The details of a trial, in the side panel: its parameters, its evaluation, its graph and its log. */

import type { EpochRow, Experiment } from '../../server/http/schemas.ts';
import type { TrialDetails } from '../../server/http/training-schemas.ts';
import { api } from '../api.ts';
import { epochGraphs } from '../charts/epochs.ts';
import { jobLog, logView } from '../components/log.ts';
import { closePanel, openPanel } from '../components/panel.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { watchJob } from '../live/events.ts';
import { component, icon } from '../mount.ts';
import { exportToExperiment } from './dataset-actions.ts';
import { trialFacts } from './parameters.ts';

/** `locked`: nothing may be changed in the project. `signal` ends what the panel does when the page is left. */
export function openTrial(experiment: Experiment, n: number, { locked, signal }: { locked: boolean; signal: AbortSignal }): void {
  const { id: experimentId, projectId, datasetId, datasetName, datasetVersion } = experiment;
  const leaving = new AbortController();
  signal.addEventListener('abort', closePanel, { signal: leaving.signal });
  const graphs = epochGraphs(leaving.signal);
  const epochs = new Map<number, EpochRow>();
  openPanel({
    title: 'hpo.trial.details',
    onClose: () => leaving.abort(),
    template: `<div class="trial-panel stack"><div><h3 class="panel-title" x-text="name()"></h3><span x-status="details ? details.trial.state : null"></span></div><div x-problem="problem"></div>
      <section x-show="failure()"><h3 x-t="hpo.trial.why"></h3><p x-text="failure()"></p></section>
      <table class="table evaluation" x-show="details && details.result"><thead><tr><th scope="col" x-t="details.evaluator"></th><th scope="col" class="end" x-t="details.training"></th><th scope="col" class="end" x-t="details.validation"></th><th scope="col" class="end" x-t="details.test"></th></tr></thead><tbody><template x-for="row in scores()" :key="row.name"><tr><th scope="row" x-text="row.name"></th><template x-for="(value, index) in row.values" :key="index"><td class="end number" x-text="value"></td></template></tr></template></tbody></table>
      <section class="chart-box"><h3 x-t="details.graph"></h3><div x-ref="charts"></div></section>
      <section><h3 x-t="hpo.trial.parameters"></h3><dl class="conf-facts"><template x-for="fact in facts()" :key="fact.name"><div :class="{ searched: fact.searched }"><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl>${locked ? '' : `<button type="button" class="button trial-use" x-show="details" @click="use()">${icon('play')}<span x-t="hpo.trial.use"></span></button>`}</section>
      ${logView('log')}</div>`,
    component: component({
      details: null as TrialDetails | null,
      problem: null as unknown,
      log: jobLog(),
      async init() {
        void this.$nextTick(() => {
          if (leaving.signal.aborted) return;
          this.log.attach(this.$refs.log as HTMLElement);
          graphs.attach(this.$refs.charts as HTMLElement, () => this.name());
        });
        try {
          const details = await api.get<TrialDetails>(`/api/experiments/${experimentId}/hpo/trials/${n}`, undefined, leaving.signal);
          this.details = Object.freeze(details);
          this.draw(details.epochs);
          if (details.trial.jobId === null) return;
          watchJob(details.trial.jobId, {
            signal: leaving.signal,
            onEvent: (event) => {
              if (event.type === 'log') this.log.add(event);
              else if (event.type === 'epoch') this.draw([event.row]);
            },
          });
        } catch (error) {
          if (!leaving.signal.aborted) this.problem = error;
        }
      },
      draw(rows: readonly EpochRow[]) {
        for (const row of rows) epochs.set(row.epoch, row);
        graphs.set([...epochs.values()].sort((a, b) => a.epoch - b.epoch));
      },
      name() {
        return this.details?.trial.name ?? '';
      },
      failure() {
        const failure = this.details?.trial.failure;
        return failure ? inLanguage(failure) : '';
      },
      scores() {
        const of = this.details?.result?.evaluation;
        if (!of) return [];
        const parts = [of.training, of.validation, of.test];
        return [
          { name: t('details.accuracy'), values: parts.map((part) => (part ? format.decimal(part.accuracy) : '–')) },
          { name: t('details.loss'), values: parts.map((part) => (part ? format.decimal(part.loss, 4) : '–')) },
        ];
      },
      async use() {
        closePanel();
        await exportToExperiment({ id: datasetId, name: datasetName, version: datasetVersion }, projectId, { page: 'run', experimentId, trial: n });
      },
      facts() {
        const { details } = this;
        if (!details) return [];
        return trialFacts(details.parameters, details.trial.parameters);
      },
    }),
  });
}
