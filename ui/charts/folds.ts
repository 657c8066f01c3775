/** What K-fold cross-validation came to: each fold, the mean and the spread. */
import type { CrossValidationResult } from '../../server/http/schemas.ts';
import { decimal } from '../i18n/format.ts';
import { t } from '../i18n/language.ts';

export interface FoldRow {
  name: string;
  best: boolean;
  /** training accuracy, validation accuracy, validation loss, pictures of the validation part, best epoch */
  values: string[];
}

export function foldRows({ folds, bestFold }: CrossValidationResult): FoldRow[] {
  return folds.map(({ fold, training, validation, bestEpoch }) => ({
    name: t('folds.fold', { n: fold }),
    best: fold === bestFold,
    values: [decimal(training.accuracy), decimal(validation.accuracy), decimal(validation.loss, 4), String(validation.count), String(bestEpoch)],
  }));
}

export function foldsMean({ mean, spread }: CrossValidationResult): { accuracy: string; loss: string } {
  return { accuracy: `${decimal(mean.accuracy)} ± ${decimal(spread.accuracy)}`, loss: `${decimal(mean.loss, 4)} ± ${decimal(spread.loss, 4)}` };
}

/** `result`: expression of the CrossValidationResult; the component has foldRows and foldsMean. */
export function foldsView(result: string): string {
  const titles = ['folds.training', 'folds.validation', 'folds.loss', 'folds.pictures', 'folds.epoch'] as const;
  return `<template x-if="${result}"><section class="box"><div class="box-head"><h2 x-t="folds.title"></h2><button type="button" x-hint="folds.hint"></button><span class="spacer"></span><span class="muted" x-text="$t('folds.final.' + ${result}.final, { n: ${result}.bestFold })"></span></div>
    <div class="table-scroll" tabindex="0" role="region" x-t:aria-label="folds.title"><table class="table folds"><thead><tr><th scope="col" class="grow" x-t="folds.which"></th>${titles.map((title) => `<th scope="col" class="end" x-t="${title}"></th>`).join('')}</tr></thead>
      <tbody><template x-for="one in foldRows(${result})" :key="one.name"><tr><th scope="row"><span x-text="one.name"></span> <span class="chip plain green" x-show="one.best" x-t="folds.best"></span></th><template x-for="(value, index) in one.values" :key="index"><td class="end number" x-text="value"></td></template></tr></template></tbody>
      <tfoot><tr><th scope="row" x-t="folds.mean"></th><td></td><td class="end number" x-text="foldsMean(${result}).accuracy"></td><td class="end number" x-text="foldsMean(${result}).loss"></td><td></td><td></td></tr></tfoot></table></div></section></template>`;
}
