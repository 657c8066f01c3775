/** A matrix of associations: a tint a cell, blue for together, orange for against each other, with the number where there is room. */
import type { Associations } from '../../server/http/table-schemas.ts';
import { decimal } from '../i18n/format.ts';
import { t } from '../i18n/language.ts';

export interface AssociationCell {
  key: string;
  text: string;
  title: string;
  value: number | null;
  self: boolean;
}
export interface AssociationRow {
  name: string;
  cells: AssociationCell[];
}

export function associationRows({ columns, values }: Associations): AssociationRow[] {
  return columns.map(({ name }, i) => ({
    name,
    cells: columns.map((other, j) => {
      const value = values[i]?.[j] ?? null;
      const text = value === null ? '–' : decimal(value, 2);
      return { key: `${i}-${j}`, text, title: t('tables.associations.cell', { a: name, b: other.name, value: text }), value, self: i === j };
    }),
  }));
}

/** Depth by strength; the text turns with it in the style sheet. */
export function associationTone({ value, self }: AssociationCell): Record<string, string> {
  return { '--share': String(self || value === null ? 0 : Math.round(Math.abs(value) * 100)) };
}

/** `rows`: member with the AssociationRow list; `tone`: method that gives a cell's depth. */
export function associationsView(of: { rows: string; tone: string; label: string }): string {
  return `<div class="confusion-scroll" tabindex="0" role="region" x-t:aria-label="${of.label}" data-verbatim><table class="confusion associations"><thead><tr><td></td><template x-for="row in ${of.rows}" :key="row.name"><th scope="col" class="confusion-name" :title="row.name"><span x-text="row.name"></span></th></template></tr></thead>
    <tbody><template x-for="row in ${of.rows}" :key="row.name"><tr><th scope="row" class="confusion-truth" :title="row.name"><span x-text="row.name"></span></th>
      <template x-for="cell in row.cells" :key="cell.key"><td class="confusion-cell" :class="{ right: cell.value !== null && cell.value >= 0, none: cell.self || cell.value === null }" :style="${of.tone}(cell)" :title="cell.title" x-text="cell.text"></td></template></tr></template></tbody></table></div>`;
}
