/** How the canvas shows things: opacity of labels, brightness and contrast of the picture; remembered for the person. */
import type { Appearance } from '../annotate/stage.ts';
import { float } from '../components/floating.ts';
import '../i18n/areas/annotation.ts';
import { component, element } from '../mount.ts';
import { remember, remembered } from '../session.ts';

export function keptLook(plain: Appearance): Appearance {
  try {
    return { ...plain, ...(JSON.parse(remembered('annotate.look') ?? '{}') as Partial<Appearance>), shapes: true };
  } catch {
    return plain;
  }
}
export function keepLook(look: Appearance): void {
  remember('annotate.look', JSON.stringify(look));
}

const slider = (name: 'opacity' | 'brightness' | 'contrast', most: number) =>
  `<label for="look-${name}" x-t="work.look.${name}"></label><input id="look-${name}" type="range" min="${name === 'opacity' ? 0 : 20}" max="${most}" x-model.number="${name}" @input="set()"><span class="number" x-text="${name} + ' %'"></span>`;
const percent = (value: number) => Math.round(value * 100);

export function openLook(anchor: HTMLElement, look: Appearance, change: (next: Appearance) => void): void {
  const panel = element(
    'div',
    'look-panel',
    `${slider('opacity', 100)}${slider('brightness', 300)}${slider('contrast', 300)}<button type="button" class="button" @click="plain()" x-t="work.look.plain"></button>`,
    component({
      opacity: percent(look.opacity),
      brightness: percent(look.brightness),
      contrast: percent(look.contrast),
      set() {
        change({ ...look, opacity: this.opacity / 100, brightness: this.brightness / 100, contrast: this.contrast / 100 });
      },
      plain() {
        this.opacity = 25;
        this.brightness = 100;
        this.contrast = 100;
        this.set();
      },
    }),
  );
  float(anchor, panel);
}
