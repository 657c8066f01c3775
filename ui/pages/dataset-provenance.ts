/** What a dataset was made of: of which version, by which methods with which values. Part of its page, which has `provenance()`. */
import type { ParameterSpec, PreprocessMethods, PreprocessStep } from '../../server/http/preprocess-schemas.ts';
import type { Dataset } from '../../server/http/schemas.ts';
import '../i18n/areas/preprocess.ts';
import '../i18n/areas/preprocess-tables.ts';
import type { Key } from '../i18n/keys.ts';
import { t, textOf } from '../i18n/language.ts';
import { icon } from '../mount.ts';

export interface Provenance {
  text: string;
  /** The version that it was made of; it may be gone. */
  from: string;
  version: number;
  steps: { name: string; values: string }[];
}

/** `methods`: what the methods take; until they are here the values wait. */
export function provenanceOf({ preprocessing }: Dataset, methods: PreprocessMethods | null): Provenance | null {
  if (!preprocessing) return null;
  const { from, chain } = preprocessing;
  const steps = chain.map((step) => ({
    name: t(`preprocess.${step.method}` as Key),
    values: valuesOf(step, methods?.find(({ name }) => name === step.method)?.parameters ?? []),
  }));
  return {
    text: t('dataset.made', { version: from.version, methods: steps.map(({ name }) => name).join(' → ') }),
    from: `/datasets/${from.id}`,
    version: from.version,
    steps,
  };
}

/** Those that counted, in the order of the form. */
function valuesOf({ method, parameters }: PreprocessStep, specs: PreprocessMethods[number]['parameters']): string {
  const say = (name: string, spec: ParameterSpec): string => {
    const value = parameters[name] ?? spec.default;
    if (Array.isArray(value)) return value.length ? value.join(', ') : t('preprocess.columns.all');
    if (typeof value === 'boolean') return t(value ? 'dataset.made.yes' : 'dataset.made.no');
    const unit = 'unit' in spec && spec.unit ? ` ${spec.unit}` : '';
    return (textOf(`preprocess.${method}.${name}.${value}`) ?? String(value)) + unit;
  };
  return specs
    .filter(({ name, spec }) => (!spec.when || spec.when.is.includes(String(parameters[spec.when.name]))) && parameters[name] !== '')
    .map(({ name, spec }) => `${textOf(`preprocess.${method}.${name}`) ?? name}: ${say(name, spec)}`)
    .join(' · ');
}

export const provenanceView = `<template x-if="provenance()"><details class="made-of"><summary>${icon('wand-sparkles')}<span x-text="provenance().text"></span></summary>
    <ol><template x-for="(step, index) in provenance().steps" :key="index"><li><b x-text="step.name"></b> <span class="muted" data-verbatim x-text="step.values"></span></li></template></ol>
    <a class="link-button" :href="provenance().from" x-text="$t('dataset.made.from', { version: provenance().version })"></a></details></template>`;
