/** What became of label files: how many labels were taken, and what to look at, with file and place. */
import type { LabelFinding, LabelReport } from '../../server/http/label-schemas.ts';
import '../i18n/areas/labels.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { icon } from '../mount.ts';

/** A LabelReport in words. */
export interface ReportInWords {
  figures: { key: string; value: number; tone: string }[];
  unlabelled: string[];
  findings: { kind: string; effect: string; tone: string; text: string; count: number; listed: number; rows: { key: number; cells: string[] }[] }[];
}

const TONES = { skipped: 'red', changed: 'amber', kept: 'grey' } as const;

function placeText({ row, item, id }: LabelFinding): string {
  const parts = [
    ...(row === undefined ? [] : [t('labels.report.row', { n: row })]),
    ...(item === undefined ? [] : [t('labels.report.item', { n: item })]),
    ...(id === undefined ? [] : [t('labels.report.id', { id })]),
  ];
  return parts.join(' · ') || '–';
}

export function reportInWords(report: LabelReport): ReportInWords {
  return {
    figures: [
      { key: 'labels.report.matched', value: report.matched, tone: 'good' },
      { key: 'labels.report.unlabelled', value: report.unlabelled.count, tone: report.unlabelled.count ? 'bad' : '' },
      { key: 'labels.report.read', value: report.shapesRead, tone: '' },
      { key: 'labels.report.kept', value: report.shapesKept, tone: report.shapesKept < report.shapesRead ? 'bad' : 'good' },
    ],
    unlabelled: report.unlabelled.first,
    findings: report.findings.map(({ kind, effect, count, first, ...sentence }) => ({
      kind,
      effect: t(`labels.report.effect.${effect}`),
      tone: TONES[effect],
      text: inLanguage(sentence),
      count,
      listed: first.length,
      rows: first.map((finding, key) => ({ key, cells: [finding.file || '–', placeText(finding), finding.picture ?? '–', finding.detail || '–'] })),
    })),
  };
}

/** `of`: expression of the ReportInWords or null. */
export function labelReportView(of: string): string {
  return `<template x-if="${of}"><div class="stack label-report">
    <h2 x-t="labels.report"></h2>
    <dl class="figures"><template x-for="figure in ${of}.figures" :key="figure.key"><div class="figure" :class="figure.tone"><dt x-text="$t(figure.key)"></dt><dd x-text="$f.count(figure.value)"></dd></div></template></dl>
    <p class="notice" x-show="!${of}.findings.length">${icon('circle-check')}<span x-t="labels.report.fine"></span></p>
    <template x-for="finding in ${of}.findings" :key="finding.kind"><details class="finding" :open="${of}.findings.length === 1"><summary><span class="chip" :class="finding.tone" x-text="finding.effect"></span><span x-text="finding.text"></span><b class="number" x-text="$f.count(finding.count)"></b></summary>
      <p class="muted" x-show="finding.count > finding.listed" x-text="$t('dataset.report.first', { n: finding.listed })"></p>
      <div class="report-scroll" tabindex="0" role="region" :aria-label="finding.text"><table class="table"><thead><tr><th scope="col" x-t="labels.report.file"></th><th scope="col" x-t="labels.report.place"></th><th scope="col" x-t="labels.report.picture"></th><th scope="col" x-t="labels.report.detail"></th></tr></thead>
      <tbody data-verbatim><template x-for="row in finding.rows" :key="row.key"><tr><template x-for="(cell, at) in row.cells" :key="at"><td class="file-name" x-text="cell"></td></template></tr></template></tbody></table></div></details></template>
    <details class="finding" x-show="${of}.unlabelled.length"><summary><span x-t="labels.report.unlabelled"></span><b class="number" x-text="$f.count(${of}.figures[1].value)"></b></summary>
      <p class="muted" x-show="${of}.figures[1].value > ${of}.unlabelled.length" x-text="$t('dataset.report.first', { n: ${of}.unlabelled.length })"></p>
      <div class="report-scroll" tabindex="0" role="region" x-t:aria-label="labels.report.unlabelled"><ul class="file-list" data-verbatim><template x-for="(name, index) in ${of}.unlabelled" :key="index"><li class="file-name" x-text="name"></li></template></ul></div></details>
  </div></template>`;
}
