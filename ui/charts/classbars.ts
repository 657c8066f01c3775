/** How many there are of each class: a bar a class, and a filter at the same time. */
import { classColour, classLetter, inkOn } from './colours.ts';

export interface ClassBar {
  /** Index of the class; -1: without a label; null: all. */
  index: number | null;
  name: string;
  count: number;
  /** Of the largest, 0..1. */
  share: number;
  colour: string;
  /** Stands in the colour where labels are drawn on pictures. */
  letter: string;
  ink: string;
  /** What else there is to say of the class. */
  title: string;
}

export function classBars(
  classes: readonly { name: string; count: number; title?: string }[],
  unlabelled: { name: string; count: number } | null,
  letters = false,
): ClassBar[] {
  const all = unlabelled?.count ? [...classes, unlabelled] : classes;
  const most = Math.max(1, ...all.map((one) => one.count));
  return all.map((one, at) => {
    const index = at < classes.length ? at : -1;
    const colour = index < 0 ? 'transparent' : classColour(index);
    const letter = letters && index >= 0 ? classLetter(index) : '';
    const title = 'title' in one ? one.title : one.name;
    return { index, name: one.name, count: one.count, share: one.count / most, colour, letter, ink: letter ? inkOn(colour) : '', title: title ?? one.name };
  });
}

/** `bars`: expression of the list; `chosen`: the member with the chosen index; `choose`: method that takes an index or null. */
export function classBarsView(of: { bars: string; chosen: string; choose: string; total: string; title: string; all: string }): string {
  return `<section class="class-bars" x-t:aria-label="${of.title}">
    <button type="button" class="class-bar all" :aria-pressed="${of.chosen} === null ? 'true' : 'false'" @click="${of.choose}(null)"><span class="class-name" x-t="${of.all}"></span><span class="class-count" x-text="$f.count(${of.total})"></span></button>
    <template x-for="bar in ${of.bars}" :key="bar.index"><button type="button" class="class-bar" :aria-pressed="${of.chosen} === bar.index ? 'true' : 'false'" @click="${of.choose}(bar.index)">
      <span class="class-dot" :class="{ lettered: bar.letter }" :style="{ backgroundColor: bar.colour, color: bar.ink }" x-text="bar.letter"></span><span class="class-name" x-text="bar.name" :title="bar.title"></span><span class="class-count" x-text="$f.count(bar.count)"></span>
      <span class="class-track" aria-hidden="true"><span :style="{ width: (bar.share * 100) + '%', backgroundColor: bar.colour }"></span></span></button></template></section>`;
}
