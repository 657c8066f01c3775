/** Pictures of a dataset that are the same to the last byte: part of its page. The component has `duplicates` (Duplicates or null) and `moreDuplicates()`. */
import '../i18n/areas/duplicates.ts';
import type { Duplicates } from '../../server/http/schemas.ts';
import { api } from '../api.ts';

const PAGE = 12;

export function loadDuplicates(id: number, offset: number, signal: AbortSignal): Promise<Duplicates> {
  return api.get<Duplicates>(`/api/datasets/${id}/duplicates`, { offset, limit: PAGE }, signal);
}

/** `thumbnail`, `picture`: methods that give addresses; `labelName`: one that gives the word of a class. */
export const duplicatesView = `<section class="box" x-show="duplicates"><div class="box-head"><h2 x-t="duplicates.title"></h2></div><div class="box-body stack">
    <p class="muted" x-show="duplicates && !duplicates.groups" x-t="duplicates.none"></p>
    <p x-show="duplicates && duplicates.groups" x-text="duplicates ? $t('duplicates.some', { groups: duplicates.groups, extra: duplicates.extra }) : ''"></p>
    <p class="notice warn" x-show="duplicates && duplicates.conflicts" x-text="duplicates ? $t('duplicates.conflicts', { n: duplicates.conflicts }) : ''"></p>
    <ul class="duplicates"><template x-for="group in duplicates ? duplicates.rows : []" :key="group.pictures[0].n"><li :class="{ conflict: group.labelsDiffer }">
      <img loading="lazy" alt="" :src="thumbnail(group.pictures[0].n)">
      <ul><template x-for="one in group.pictures" :key="one.n"><li class="cut" :title="one.name"><span class="cut" x-text="one.name"></span><small class="muted" x-text="labelName(one.label)"></small></li></template>
        <li class="muted" x-show="group.count > group.pictures.length" x-text="$t('duplicates.rest', { n: group.count - group.pictures.length })"></li></ul></li></template></ul>
    <div class="row" x-show="duplicates && duplicates.rows.length < duplicates.groups"><button type="button" class="button" @click="moreDuplicates()" x-t="duplicates.more"></button></div></div></section>`;
