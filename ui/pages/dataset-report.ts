/** What became of an upload: how many were taken in, made smaller, skipped and why. Datasets and inferences on an upload both have one. */
import type { IngestReport } from '../../server/http/schemas.ts';
import { language } from '../i18n/language.ts';
import { icon } from '../mount.ts';

const LISTED = 1000;

/** `report`: expression of the IngestReport or null; `reason`: method of the component (see skippedReason). */
export function reportView(report: string): string {
  const figure = (key: string, value: string, tone: string) =>
    `<div class="figure ${tone}"><dt x-t="${key}"></dt><dd x-text="$f.count(${report}.${value})"></dd></div>`;
  return `<template x-if="${report}"><div class="stack">
    <dl class="figures">
      ${figure('dataset.report.accepted', 'accepted', 'good')}${figure('dataset.report.reduced', 'reduced', '')}${figure('dataset.report.duplicates', 'duplicateNames', '')}
      ${figure('dataset.report.skipped', 'skipped', 'bad')}</dl>
    <p class="notice" x-show="!${report}.skipped">${icon('circle-check')}<span x-t="dataset.report.fine"></span></p>
    <section x-show="${report}.skipped"><h3 x-t="dataset.report.skipped"></h3><p class="muted" x-show="${report}.skipped > ${LISTED}" x-text="$t('dataset.report.first', { n: ${LISTED} })"></p>
      <div class="report-scroll" tabindex="0" role="region" x-t:aria-label="dataset.report.skipped"><table class="table"><thead><tr><th scope="col" x-t="dataset.report.file"></th><th scope="col" x-t="dataset.report.reason"></th></tr></thead>
      <tbody><template x-for="(one, index) in ${report}.skippedFiles" :key="index"><tr><td class="file-name" x-text="one.name"></td><td x-text="reason(one)"></td></tr></template></tbody></table></div></section>
  </div></template>`;
}

export function skippedReason(one: IngestReport['skippedFiles'][number]): string {
  return one[language.now];
}
