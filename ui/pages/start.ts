/** What a training begins with, as a choice in the Algorithm step. */
import type { Start } from '../../server/http/schemas.ts';
import type { StartOption } from '../../server/http/weights-schemas.ts';
import { select } from '../components/field.ts';
import '../i18n/areas/weights.ts';
import { t } from '../i18n/language.ts';

/** 'weights 3', 'model 7'; '' begins with random numbers. */
export type StartKey = string;
const keyOf = ({ kind, id }: Pick<StartOption, 'kind' | 'id'>): StartKey => `${kind} ${id}`;

/** Those that an algorithm can begin with. */
export function startChoices(options: readonly StartOption[], algorithm: string): { value: StartKey; text: string }[] {
  const fitting = options.filter((one) => one.architecture === algorithm);
  return [{ value: '', text: t('start.scratch') }, ...fitting.map((one) => ({ value: keyOf(one), text: t(`start.${one.kind}`, { name: one.name }) }))];
}

/** For the request; nothing where the choice is not one of the algorithm's. */
export function startOf(options: readonly StartOption[], algorithm: string, key: StartKey): { start?: Start } {
  const found = options.find((one) => one.architecture === algorithm && keyOf(one) === key);
  return found ? { start: { kind: found.kind, id: found.id, name: found.name } } : {};
}

/** The choice that stands for what an earlier training began with; '' where it is not offered any more. */
export function startKey(options: readonly StartOption[], algorithm: string, start: Start | undefined): StartKey {
  return options.some((one) => one.architecture === algorithm && one.kind === start?.kind && one.id === start.id) && start ? keyOf(start) : '';
}

export const startText = (start: Start | undefined): string =>
  start ? t(`start.${start.kind}`, { name: start.name ?? String(start.id) }) : t('start.scratch');

/** `methods` has startChoices() and `model` keeps the key. */
export const startField = (model: string, methods: string): string =>
  `<div class="start-field">${select({ model, label: 'start.label', hint: 'start.hint', from: `${methods}.startChoices()` })}<p class="field-note" x-show="${methods}.startChoices().length < 2"><span x-t="start.none"></span> <a class="link-button" href="/weights" target="_blank" x-show="$me.admin" x-t="start.none.add"></a></p></div>`;
