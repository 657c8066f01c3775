/** The Data Split step: by ratio or in K folds, seed, stratify, and pictures that stay together by their names. */
import type { Dataset, Split } from '../../server/http/schemas.ts';
import type { GroupPreview } from '../../server/http/training-schemas.ts';
import { api, wasAborted } from '../api.ts';
import { checkbox, field, numberProblem, segmented } from '../components/field.ts';
import '../i18n/areas/split.ts';
import { count } from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import type { ConfigurationFact } from './configuration.ts';

type Part = 'training' | 'validation' | 'test';

const GROUP = '{group}';
/** The limits of schemas.ts. */
const FOLDS = { min: 2, max: 20 };
const PATTERN_LENGTH = 100;
/** Names such as A17_1.png, A17-1.png; LOT5-A17_1.png for the last. */
const USUAL_PATTERNS = ['{group}_*', '{group}-*', '*_{group}_*'];
/** Rest after the last letter before the daemon is asked. */
const TYPING_MS = 350;

export function splitSetup(signal: AbortSignal) {
  let timer = 0;
  let asked = '';
  signal.addEventListener('abort', () => clearTimeout(timer));
  return component({
    way: 'ratio' as 'ratio' | 'folds',
    training: 80,
    validation: 10,
    test: 10,
    folds: 5,
    final: 'best' as 'best' | 'refit',
    seed: 42,
    stratify: true,
    grouped: false,
    pattern: '',
    pictures: 0,
    datasetId: 0,
    preview: null as GroupPreview | null,
    asking: false,
    failed: null as unknown,

    load(dataset: Dataset) {
      this.pictures = dataset.count;
      this.datasetId = dataset.id;
    },
    /** As an earlier training was divided. */
    take({ training, validation, test, seed, stratify, crossValidation, groupPattern }: Split) {
      Object.assign(this, { test, seed, stratify, way: crossValidation ? 'folds' : 'ratio', grouped: groupPattern !== undefined, pattern: groupPattern ?? '' });
      Object.assign(this, crossValidation ?? { training, validation });
      this.look();
    },
    /** One share was changed: training gives or takes what is missing; where training itself was changed, the other two keep their proportion. */
    balance(part: Part) {
      if (typeof this[part] !== 'number' || Number.isNaN(this[part])) return;
      const rest = 100 - this[part];
      if (part !== 'training') {
        const training = 100 - this.validation - this.test;
        if (training >= 1) this.training = training;
        return;
      }
      const others = this.validation + this.test;
      if (rest < 1 || others <= 0) return;
      this.validation = Math.max(1, Math.round((rest * this.validation) / others));
      this.test = rest - this.validation;
    },
    picturesOf(part: Part) {
      return Math.round((this.pictures * (this[part] || 0)) / 100);
    },
    ratioProblem() {
      if (this.way === 'folds') return '';
      const { training, validation, test } = this;
      for (const [value, low] of [
        [training, 1],
        [validation, 1],
        [test, 0],
      ] as const) {
        const wrong = numberProblem(value, low, 98, true, t);
        if (wrong) return wrong;
      }
      const sum = training + validation + test;
      return sum === 100 ? '' : t('run.split.sum', { sum });
    },
    foldsProblem() {
      return this.way === 'folds' ? numberProblem(this.folds, FOLDS.min, FOLDS.max, true, t) : '';
    },
    testProblem() {
      return this.way === 'folds' ? numberProblem(this.test, 0, 90, true, t) : '';
    },
    seedProblem() {
      return numberProblem(this.seed, 0, 2147483647, true, t);
    },
    patternProblem() {
      if (!this.grouped) return '';
      const { pattern } = this;
      if (!pattern.trim()) return t('split.pattern.need');
      const [before, after, ...more] = pattern.split(GROUP);
      return after === undefined || more.length || /[{}]/.test(`${before}${after}`) ? t('split.pattern.wrong') : '';
    },
    problem() {
      return this.ratioProblem() || this.foldsProblem() || this.testProblem() || this.seedProblem() || this.patternProblem();
    },
    trainings() {
      return this.folds + (this.final === 'refit' ? 1 : 0);
    },
    foldsNote() {
      return this.foldsProblem() ? '' : t(this.final === 'refit' ? 'split.folds.refit' : 'split.folds.times', { n: this.trainings(), folds: this.folds });
    },

    usePattern(pattern: string) {
      this.pattern = pattern;
      this.look();
    },
    /** The pattern was changed, or groups were turned on: what it makes of the names is asked for when the typing rests. */
    look() {
      clearTimeout(timer);
      this.failed = null;
      if (!this.grouped || this.patternProblem()) {
        this.preview = null;
        this.asking = false;
        return;
      }
      this.asking = true;
      timer = window.setTimeout(() => void this.ask(this.pattern), TYPING_MS);
    },
    async ask(pattern: string) {
      asked = pattern;
      try {
        const preview = await api.get<GroupPreview>(`/api/datasets/${this.datasetId}/groups`, { pattern }, signal);
        if (asked !== pattern || this.pattern !== pattern) return;
        this.preview = Object.freeze(preview);
      } catch (error) {
        if (!wasAborted(error)) this.failed = error;
      } finally {
        if (asked === pattern) this.asking = false;
      }
    },
    found() {
      const { preview } = this;
      if (!preview) return '';
      if (!preview.groups) return t('split.groups.none');
      const { groups, together, largest, pictures } = preview;
      return t('split.groups.found', { groups: count(groups), together: count(together), largest: count(largest), alone: count(pictures - together) });
    },
    exampleText(example: GroupPreview['examples'][number]) {
      const more = example.pictures - example.names.length;
      return example.names.join(', ') + (more > 0 ? ` ${t('split.groups.more', { n: more })}` : '');
    },

    request(): Split {
      const { training, validation, test, seed, stratify } = this;
      const groups = this.grouped ? { groupPattern: this.pattern } : {};
      if (this.way === 'ratio') return { training, validation, test, seed, stratify, ...groups };
      // With K folds the daemon looks at the test share alone; the other two tell what a fold comes to.
      const part = Math.min(99 - test, Math.max(1, Math.round((100 - test) / this.folds)));
      return { training: 100 - test - part, validation: part, test, seed, stratify, crossValidation: { folds: this.folds, final: this.final }, ...groups };
    },
  });
}

/** How the data are divided, in a line. */
export function dividedText({ training, validation, test, crossValidation: folds }: Split): string {
  if (!folds) return `${training} / ${validation} / ${test} %`;
  return [t('split.fact.folds', { n: folds.folds }), t(`split.final.${folds.final}`), `Test ${test} %`].join(' · ');
}

/** A split in words, line by line. */
export function splitFacts(split: Split): ConfigurationFact[] {
  const { crossValidation: folds, groupPattern } = split;
  return [
    ...(folds
      ? [
          { name: t('split.fact.way'), value: t('split.fact.folds', { n: folds.folds }) },
          { name: t('split.final'), value: t(`split.final.${folds.final}`) },
        ]
      : [
          { name: t('run.training'), value: `${split.training} %` },
          { name: t('run.validation'), value: `${split.validation} %` },
        ]),
    { name: t('run.test'), value: `${split.test} %` },
    { name: t('run.seed'), value: String(split.seed) },
    { name: t('run.stratify'), value: t(split.stratify ? 'run.on' : 'run.off') },
    ...(groupPattern === undefined ? [] : [{ name: t('split.groups'), value: groupPattern }]),
  ];
}

const shareField = (part: Part) =>
  `<div class="split-field" @change="setup.split.balance('${part}')">${field({ model: `setup.split.${part}`, label: `run.${part}`, type: 'number', min: part === 'test' ? 0 : 1, max: 98, unit: 'unit.percent', hint: `run.${part}.hint` })}
    <span class="muted" x-text="$t('run.split.pictures', { n: setup.split.picturesOf('${part}') })"></span></div>`;

const ratio = `<div class="stack" x-show="setup.split.way === 'ratio'"><div class="split-bar" aria-hidden="true"><span class="split-training" :style="{ flexGrow: setup.split.training }"></span><span class="split-validation" :style="{ flexGrow: setup.split.validation }"></span><span class="split-test" :style="{ flexGrow: setup.split.test }"></span></div>
    <div class="split-fields">${shareField('training')}${shareField('validation')}${shareField('test')}</div>
    <p class="field-error" role="alert" x-show="setup.split.ratioProblem()" x-text="setup.split.ratioProblem()"></p></div>`;

const finalChoice = (value: 'best' | 'refit') =>
  `<label class="card-choice"><input type="radio" name="split-final" value="${value}" x-model="setup.split.final"><span><b x-t="split.final.${value}"></b><small x-t="split.final.${value}.text"></small></span></label>`;

const folds = `<template x-if="setup.split.way === 'folds'"><div class="stack"><p class="muted" x-t="split.folds.text"></p>
    <div class="split-more"><div>${field({ model: 'setup.split.folds', label: 'split.folds', type: 'number', min: FOLDS.min, max: FOLDS.max, hint: 'split.folds.hint', error: 'setup.split.foldsProblem()' })}</div>
      <div>${field({ model: 'setup.split.test', label: 'run.test', type: 'number', min: 0, max: 90, unit: 'unit.percent', hint: 'split.test.hint', error: 'setup.split.testProblem()' })}</div></div>
    <fieldset class="cards split-final"><legend x-t="split.final"></legend>${finalChoice('best')}${finalChoice('refit')}</fieldset>
    <p class="muted" x-show="setup.split.foldsNote()" x-text="setup.split.foldsNote()"></p></div></template>`;

const groups = `<div class="split-groups" @input="setup.split.look()" @change="setup.split.look()">${checkbox({ model: 'setup.split.grouped', label: 'split.grouped', note: 'split.grouped.note', hint: 'split.grouped.hint' })}
    <template x-if="setup.split.grouped"><div class="stack split-pattern">${field({ model: 'setup.split.pattern', label: 'split.pattern', maxLength: PATTERN_LENGTH, hint: 'split.pattern.hint', error: 'setup.split.patternProblem()' })}
      <div class="pattern-choices"><span class="muted" x-t="split.pattern.usual"></span>${USUAL_PATTERNS.map((one) => `<button type="button" class="button small" data-verbatim @click="setup.split.usePattern('${one}')">${one}</button>`).join('')}</div>
      <div class="split-preview" aria-live="polite"><div x-problem="setup.split.failed"></div><p class="muted" x-show="setup.split.asking && !setup.split.preview" x-t="split.groups.looking"></p>
        <template x-if="setup.split.preview"><div><p :class="{ 'field-error': !setup.split.preview.groups }" x-text="setup.split.found()"></p>
          <dl class="conf-facts"><template x-for="example in setup.split.preview.examples" :key="example.group"><div data-verbatim><dt x-text="example.group"></dt><dd x-text="setup.split.exampleText(example)"></dd></div></template>
            <div x-show="setup.split.preview.alone.length"><dt x-t="split.groups.alone"></dt><dd data-verbatim x-text="setup.split.preview.alone.join(', ')"></dd></div></dl></div></template></div></div></template></div>`;

/** The component has `setup` (see run-setup.ts). */
export const splitFields = `<div class="stack split-step" @input="setup.changed('split')" @change="setup.changed('split')">
    <div class="split-way">${segmented({
      model: 'setup.split.way',
      label: 'split.way',
      choices: [
        { value: 'ratio', text: 'run.split.ways' },
        { value: 'folds', text: 'split.cross' },
      ],
    })}</div>
    ${ratio}${folds}
    <div class="split-more"><div>${field({ model: 'setup.split.seed', label: 'run.seed', type: 'number', min: 0, max: 2147483647, hint: 'run.seed.hint', error: 'setup.split.seedProblem()' })}</div>
      <div>${checkbox({ model: 'setup.split.stratify', label: 'run.stratify', hint: 'run.stratify.hint' })}</div></div>
    ${groups}</div>`;
