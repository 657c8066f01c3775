/**
 * The pictures of a search, as SVG: how the best value came about, parallel coordinates, how much each parameter matters, and each parameter alone. Colours
 * come from the style sheet, so that the pictures follow the theme; the better a value, the stronger its blue, and the best is marked by its shape too. What
 * belongs to a trial carries data-trial.
 */
import type { HpoPictures } from '../../server/http/training-schemas.ts';
import { decimal } from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { short, shownValue } from './value.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const safe = (text: unknown) => String(text).replace(/[&<>"]/g, (mark) => escapes[mark] ?? mark);
const round = (value: number) => Math.round(value * 10) / 10;

/** Round marks on an axis from low to high. */
function marks(low: number, high: number, wanted = 5): number[] {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw || 1));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= raw) ?? power;
  const list: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1000; at += step) list.push(Number(at.toPrecision(10)));
  return list;
}

function ends(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
  return [low - room, high + room];
}

/** 0 (worst) … 4 (best). */
function grades(values: readonly number[], maximize: boolean): (value: number) => number {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (value) => {
    const part = high > low ? (value - low) / (high - low) : 1;
    return Math.min(4, Math.floor((maximize ? part : 1 - part) * 5));
  };
}

function svg(width: number, height: number, label: string, content: string): string {
  return `<svg class="search-svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${safe(label)}">${content}</svg>`;
}

function yAxis(of: { low: number; high: number; left: number; right: number; y(value: number): number; title: string }): string {
  const lines = marks(of.low, of.high).map(
    (mark) =>
      `<line class="grid" x1="${of.left}" x2="${of.right}" y1="${round(of.y(mark))}" y2="${round(of.y(mark))}"/><text class="tick" x="${of.left - 6}" y="${round(of.y(mark)) + 4}" text-anchor="end">${short(mark)}</text>`,
  );
  return `${lines.join('')}<text class="axis-title" x="4" y="12">${safe(of.title)}</text>`;
}

export interface PictureOptions {
  width: number;
  metric: string;
  maximize: boolean;
  goal: number | null;
  best: number | null;
}

const pointTitle = (trial: number, metric: string, value: number, more = '') =>
  `<title>${safe(t('hpo.trial.number', { n: trial + 1 }))} · ${safe(metric)} ${decimal(value, 3)}${more ? ` · ${safe(more)}` : ''}</title>`;

export function historyPicture(rows: HpoPictures['history'], of: PictureOptions): string {
  const known = rows.filter((row) => row.value !== null) as { trial: number; value: number; final: boolean; best: number | null }[];
  if (!known.length) return '';
  const height = 280;
  const [left, right, top, bottom] = [52, of.width - 16, 24, height - 40];
  const goal = of.goal === null ? [] : [of.goal];
  const [low, high] = ends([...known.map((row) => row.value), ...goal]);
  const last = Math.max(1, rows.length - 1);
  const x = (trial: number) => left + 8 + ((right - left - 16) * trial) / last;
  const y = (value: number) => bottom - ((value - low) / (high - low)) * (bottom - top);
  const every = Math.ceil(rows.length / Math.max(2, Math.floor((right - left) / 32)));
  const ticks = rows
    .filter((row) => row.trial % every === 0)
    .map((row) => `<text class="tick" x="${round(x(row.trial))}" y="${bottom + 16}" text-anchor="middle">${row.trial + 1}</text>`)
    .join('');
  let path = '';
  let before: number | null = null;
  for (const { trial, best } of rows) {
    if (best === null) continue;
    path += before === null ? `M${round(x(trial))} ${round(y(best))}` : `H${round(x(trial))}V${round(y(best))}`;
    before = best;
  }
  const goalLine =
    of.goal === null
      ? ''
      : `<line class="goal" x1="${left}" x2="${right}" y1="${round(y(of.goal))}" y2="${round(y(of.goal))}"/><text class="goal-text" x="${right}" y="${round(y(of.goal)) - 5}" text-anchor="end">${safe(t('hpo.goal.line', { n: short(of.goal) }))}</text>`;
  const points = known
    .map((row) =>
      row.trial === of.best
        ? `<path class="point best" data-trial="${row.trial}" d="${star(x(row.trial), y(row.value), 8)}">${pointTitle(row.trial, of.metric, row.value)}</path>`
        : `<circle class="point ${row.final ? '' : 'hollow'}" data-trial="${row.trial}" cx="${round(x(row.trial))}" cy="${round(y(row.value))}" r="5">${pointTitle(row.trial, of.metric, row.value)}</circle>`,
    )
    .join('');
  return svg(
    of.width,
    height,
    t('hpo.picture.history'),
    `${yAxis({ low, high, left, right, y, title: of.metric })}${ticks}<text class="axis-title" x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">${safe(t('hpo.trial'))}</text>${goalLine}<path class="best-line" d="${path}"/>${points}`,
  );
}

function star(x: number, y: number, size: number): string {
  const points: string[] = [];
  for (let n = 0; n < 10; n++) {
    const radius = n % 2 ? size * 0.45 : size;
    const angle = (n * Math.PI) / 5 - Math.PI / 2;
    points.push(`${round(x + radius * Math.cos(angle))} ${round(y + radius * Math.sin(angle))}`);
  }
  return `M${points.join('L')}Z`;
}

export function parallelPicture({ axes, lines }: HpoPictures['parallel'], of: PictureOptions): string {
  if (!lines.length || !axes.length) return '';
  const height = 320;
  const [left, right, top, bottom] = [56, of.width - 72, 40, height - 20];
  const values = lines.map((line) => line.value);
  const [low, high] = ends(values);
  const grade = grades(values, of.maximize);
  const x = (index: number) => left + ((right - left) * index) / axes.length;
  const y = (at: number) => bottom - at * (bottom - top);
  const yValue = (value: number) => y((value - low) / (high - low));
  const frames = axes.map((axis, index) => {
    const ticks = axis.marks
      .map(
        (mark) =>
          `<line class="axis" x1="${round(x(index)) - 4}" x2="${round(x(index))}" y1="${round(y(mark.at))}" y2="${round(y(mark.at))}"/><text class="tick halo" x="${round(x(index)) - 7}" y="${round(y(mark.at)) + 4}" text-anchor="end">${safe(shownValue(mark.value))}</text>`,
      )
      .join('');
    return `<line class="axis" x1="${round(x(index))}" x2="${round(x(index))}" y1="${top}" y2="${bottom}"/>${ticks}<text class="axis-title" x="${round(x(index))}" y="${top - 20}" text-anchor="middle">${safe(axis.name)}</text>${axis.log ? `<text class="tick" x="${round(x(index))}" y="${top - 7}" text-anchor="middle">log</text>` : ''}`;
  });
  const end = axes.length;
  const valueAxis = `<line class="axis" x1="${right}" x2="${right}" y1="${top}" y2="${bottom}"/>${marks(low, high)
    .map(
      (mark) =>
        `<line class="axis" x1="${right}" x2="${right + 4}" y1="${round(yValue(mark))}" y2="${round(yValue(mark))}"/><text class="tick" x="${right + 8}" y="${round(yValue(mark)) + 4}">${short(mark)}</text>`,
    )
    .join('')}<text class="axis-title" x="${right + 64}" y="${top - 20}" text-anchor="end">${safe(of.metric)}</text>`;
  // The best lie on top.
  const drawn = [...lines].sort((a, b) => (of.maximize ? a.value - b.value : b.value - a.value));
  const paths = drawn.map((line) => {
    const points = line.places.map((at, index) => `${round(x(index))} ${round(y(at))}`);
    points.push(`${round(x(end))} ${round(yValue(line.value))}`);
    const classes = `line grade-${grade(line.value)} ${line.final ? '' : 'hollow'} ${line.trial === of.best ? 'best' : ''}`;
    return `<path class="${classes}" data-trial="${line.trial}" d="M${points.join('L')}">${pointTitle(line.trial, of.metric, line.value)}</path>`;
  });
  return svg(of.width, height, t('hpo.picture.parallel'), paths.join('') + frames.join('') + valueAxis);
}

export function importancePicture(rows: HpoPictures['importance'], of: PictureOptions): string {
  if (!rows.length) return '';
  const [line, name] = [36, 128];
  const height = rows.length * line + 12;
  const room = of.width - name - 72;
  const most = Math.max(...rows.map((row) => row.share), 0.01);
  const bars = rows.map((row, index) => {
    const y = index * line + 8;
    return `<text class="bar-name" x="${name - 12}" y="${y + 16}" text-anchor="end">${safe(row.name)}</text><rect class="bar" x="${name}" y="${y}" width="${round(Math.max(2, (row.share / most) * room))}" height="22" rx="3"/><text class="bar-value" x="${round(name + Math.max(2, (row.share / most) * room) + 8)}" y="${y + 16}">${decimal(row.share * 100, 0)} %</text>`;
  });
  return svg(of.width, height, t('hpo.picture.importance'), bars.join(''));
}

export function slicePicture(slice: HpoPictures['slices'][number], of: PictureOptions): string {
  if (!slice.points.length) return '';
  const height = 220;
  const [left, right, top, bottom] = [52, of.width - 12, 24, height - 40];
  const values = slice.points.map((point) => point.value);
  const [low, high] = ends(values);
  const grade = grades(values, of.maximize);
  const x = (at: number) => left + 10 + at * (right - left - 20);
  const y = (value: number) => bottom - ((value - low) / (high - low)) * (bottom - top);
  const ticks = slice.marks
    .map((mark) => `<text class="tick" x="${round(x(mark.at))}" y="${bottom + 16}" text-anchor="middle">${safe(shownValue(mark.value))}</text>`)
    .join('');
  const points = slice.points
    .map((point) => {
      const title = pointTitle(point.trial, of.metric, point.value, `${slice.name} ${shownValue(point.parameter)}`);
      if (point.trial === of.best) return `<path class="point best" data-trial="${point.trial}" d="${star(x(point.at), y(point.value), 8)}">${title}</path>`;
      return `<circle class="point grade-${grade(point.value)} ${point.final ? '' : 'hollow'}" data-trial="${point.trial}" cx="${round(x(point.at))}" cy="${round(y(point.value))}" r="5">${title}</circle>`;
    })
    .join('');
  return svg(
    of.width,
    height,
    `${t('hpo.picture.slices')}: ${slice.name}`,
    `${yAxis({ low, high, left, right, y, title: of.metric })}${ticks}<text class="axis-title" x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">${safe(slice.name)}${slice.log ? ' (log)' : ''}</text>${points}`,
  );
}
