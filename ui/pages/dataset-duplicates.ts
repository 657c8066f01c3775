/** Pictures of a dataset that are the same to the last byte: part of its page. The component has `duplicates` (Duplicates or null) and `moreDuplicates()`. */
import '../i18n/areas/duplicates.ts';
import type { Duplicates } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { icon } from '../mount.ts';

const PAGE = 12;

export function loadDuplicates(id: number, offset: number, signal: AbortSignal): Promise<Duplicates> {
  return api.get<Duplicates>(`/api/datasets/${id}/duplicates`, { offset, limit: PAGE }, signal);
}

/** `thumbnail`: method that gives an address; `labelName`: one that gives the word of a class; `lookAtDuplicates`: opens a group, large. */
export const duplicatesView = `<section class="box" x-show="duplicates"><div class="box-head"><h2 x-t="duplicates.title"></h2></div><div class="box-body stack">
    <p class="muted" x-show="duplicates && !duplicates.groups" x-t="duplicates.none"></p>
    <p x-show="duplicates && duplicates.groups" x-text="duplicates ? $t('duplicates.some', { groups: duplicates.groups, extra: duplicates.extra }) : ''"></p>
    <p class="notice warn" x-show="duplicates && duplicates.conflicts">${icon('triangle-alert')}<span x-text="duplicates ? $t('duplicates.conflicts', { n: duplicates.conflicts }) : ''"></span></p>
    <ul class="duplicates" x-show="duplicates && duplicates.groups"><template x-for="group in duplicates ? duplicates.rows : []" :key="group.pictures[0].n"><li :class="{ conflict: group.labelsDiffer }">
      <button type="button" class="duplicate-picture" @click="lookAtDuplicates(group)" :aria-label="$t('duplicates.look', { name: group.pictures[0].name })"><img loading="lazy" alt="" :src="thumbnail(group.pictures[0].n)"></button>
      <div><p class="duplicate-count"><b x-text="$t('duplicates.count', { n: group.count })"></b><span class="chip plain amber" x-show="group.labelsDiffer" x-t="duplicates.differ"></span></p>
      <ul data-verbatim><template x-for="one in group.pictures" :key="one.n"><li><span class="file-name" x-text="one.name"></span> <span class="chip plain grey" x-show="labelName(one.label)" x-text="labelName(one.label)"></span></li></template></ul>
      <p class="muted" x-show="group.count > group.pictures.length" x-text="$t('duplicates.rest', { n: group.count - group.pictures.length })"></p></div></li></template></ul>
    <div class="row" x-show="duplicates && duplicates.rows.length < duplicates.groups"><button type="button" class="button" @click="moreDuplicates()" x-t="duplicates.more"></button></div></div></section>`;
