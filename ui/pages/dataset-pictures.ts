/**
 * The pictures of a dataset: part of its page. The component has `label` and `query`, which choose among them, `found`, `gridProblem`, `shaped()`, `count()`,
 * `bars()`, `choose()` and `reload()`.
 */
import type { Dataset, PicturePage, PictureRow } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { type ClassBar, classBars, classBarsView } from '../charts/classbars.ts';
import { classColour, classLetter, inkOn } from '../charts/colours.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/labels.ts';
import * as format from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { icon } from '../mount.ts';
import { PictureGrid, type Tile } from '../pictures/grid.ts';
import { drawOnTile, labelsLayer, shapesOf } from '../pictures/shapes.ts';
import { openViewer, type Shown } from '../pictures/viewer.ts';

export const picturesView = `<div class="browse">
    <aside class="browse-side box"><div class="box-head"><h2 x-text="$t(shaped() ? 'labels.classes' : 'dataset.classes')"></h2></div><div class="box-body">${classBarsView({ bars: 'bars()', chosen: 'label', choose: 'choose', total: 'count()', title: 'dataset.classes', all: 'dataset.all' })}</div></aside>
    <div class="browse-main">
      <div class="browse-tools"><span class="search-input">${icon('search')}<input type="search" data-search x-model="query" @input.debounce.250ms="reload()" x-t:placeholder="dataset.search" x-t:aria-label="dataset.search"></span>
        <span class="muted" aria-live="polite" x-text="found === null ? '' : $t('dataset.shown', { n: found })"></span></div>
      <div x-problem="gridProblem"></div>
      <p class="table-message" x-show="found === 0" x-t="dataset.nothing"></p>
      <div x-ref="grid"></div></div></div>`;

/** Are its labels shapes on the pictures, or one class for each? */
export function isShaped({ type, problem }: Dataset): boolean {
  return type === 'image' && problem !== 'classification';
}

/** The classes with their pictures, or their shapes. */
export function barsOf(dataset: Dataset): ClassBar[] {
  const { classes, count, labelledCount } = dataset;
  const none = { name: t('dataset.unlabelled'), count: count - labelledCount };
  if (!isShaped(dataset)) return classBars(classes, none);
  const shaped = classes.map(({ name, count: pictures, shapes = 0 }) => ({
    name,
    count: shapes,
    title: `${name}: ${t('labels.class.count', { pictures, n: shapes })}`,
  }));
  return classBars(shaped, none, true);
}

interface GridOfPictures {
  /** As it is now: its labels may be replaced while it is looked at. */
  dataset(): Dataset;
  /** What is looked for. */
  query(): { label: number | null; search: string };
  loaded(total: number): void;
  failed(error: unknown): void;
  signal: AbortSignal;
}

export function gridOfPictures(host: HTMLElement, { dataset, query, loaded, failed, signal }: GridOfPictures): PictureGrid<PictureRow> {
  const grid: PictureGrid<PictureRow> = new PictureGrid<PictureRow>(host, {
    label: t('dataset.tab.pictures'),
    load: (offset, limit, ended) => api.get<PicturePage>(`/api/datasets/${dataset().id}/items`, { offset, limit, ...query() }, ended),
    tile: (row) => ({
      src: `/api/datasets/${dataset().id}/thumbnails/${row.n}`,
      caption: row.name.split('/').pop() ?? row.name,
      ...markOf(dataset(), row),
      ...(row.counts?.length ? { draw: (frame: HTMLElement) => drawOnTile(frame, row, () => shapes(dataset(), row, signal)) } : {}),
    }),
    open: (index) =>
      openViewer(index, {
        total: grid.total,
        show: async (at) => {
          const row = await grid.row(at);
          return row && pictureInFull(dataset(), row, signal);
        },
        closed: (at) => grid.focus(at),
      }),
    loaded,
    failed,
  });
  return grid;
}

/** The facts of a picture with its labels over it. */
export async function pictureInFull(dataset: Dataset, row: PictureRow, signal: AbortSignal): Promise<Shown> {
  const layer = row.counts?.length ? labelsLayer(row, await shapes(dataset, row, signal)) : null;
  const folder = row.name.split('/').slice(0, -1).join('/');
  return {
    src: `/api/datasets/${dataset.id}/pictures/${row.n}`,
    name: row.name.split('/').pop() ?? row.name,
    facts: [
      ...labelFacts(dataset, row),
      { name: t('picture.pixels'), value: `${row.width} × ${row.height} px` },
      { name: t('picture.bytes'), value: format.bytes(row.bytes) },
      ...(folder ? [{ name: t('picture.folder'), value: folder }] : []),
    ],
    ...(layer ? { layer } : {}),
  };
}

const shapes = ({ id, labelRevision }: Dataset, { n }: PictureRow, signal: AbortSignal) => shapesOf(id, labelRevision ?? 1, n, signal);

function className({ classes }: Dataset, { label }: PictureRow): string {
  return label === null ? t('dataset.unlabelled') : (classes[label]?.name ?? '');
}

function markOf(dataset: Dataset, row: PictureRow): Pick<Tile, 'mark'> {
  if (row.counts !== undefined)
    return row.counts === null || row.counts.length ? {} : { mark: { text: t('labels.shapes.empty'), colour: '#5b6470', ink: '#ffffff' } };
  if (row.label === null) return {};
  const colour = classColour(row.label);
  return { mark: { text: className(dataset, row), colour, ink: inkOn(colour) } };
}

function labelFacts(dataset: Dataset, row: PictureRow): Shown['facts'] {
  const { counts } = row;
  if (counts === undefined)
    return [{ name: t('picture.label'), value: className(dataset, row), ...(row.label === null ? {} : { colour: classColour(row.label) }) }];
  if (!counts?.length) return [{ name: t('labels.shapes'), value: t(counts === null ? 'dataset.unlabelled' : 'labels.shapes.none') }];
  return counts.map((one) => ({
    name: dataset.classes[one.label]?.name ?? '',
    value: t('labels.shapes.count', { n: one.shapes }),
    colour: classColour(one.label),
    letter: classLetter(one.label),
  }));
}
