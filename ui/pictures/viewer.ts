/** One picture as large as the screen allows, its facts beside it; ← → to the next, Esc back to the grid. */
import { inkOn } from '../charts/colours.ts';
import { t } from '../i18n/language.ts';
import { icon } from '../mount.ts';

export interface Shown {
  src: string;
  name: string;
  /** Heading and value, top down. `colour` puts a mark of the class's colour before it. */
  facts: { name: string; value: string; colour?: string; letter?: string; wrong?: boolean }[];
  /** Labels over the picture; they can be hidden. */
  layer?: HTMLElement;
  /** Shares of a whole, as bars: the score of each class. */
  scores?: { name: string; share: number; colour: string }[];
}

export interface ViewerOptions {
  total: number;
  show(index: number): Promise<Shown | undefined>;
  /** The viewer was closed at this picture. */
  closed(index: number): void;
}

export function openViewer(start: number, options: ViewerOptions): void {
  let index = start;
  let turn = 0;
  const window = document.createElement('dialog');
  window.className = 'viewer';
  window.innerHTML = `<div class="viewer-stage">
      <button type="button" class="icon-button viewer-step" data-step="-1">${icon('chevron-left')}</button>
      <img alt="" draggable="false">
      <button type="button" class="icon-button viewer-step" data-step="1">${icon('chevron-right')}</button></div>
    <aside class="viewer-side"><header><span class="viewer-place" aria-live="polite"></span><button type="button" class="icon-button" data-close>${icon('x')}</button></header>
      <h2></h2><label class="check viewer-labels" hidden><input type="checkbox" checked><span></span></label><dl></dl><div class="viewer-scores"></div></aside>`;
  const part = <T extends HTMLElement>(selector: string) => window.querySelector(selector) as T;
  const image = part<HTMLImageElement>('img');
  const facts = part('dl');
  const stage = part('.viewer-stage');
  const labels = part('.viewer-labels');
  (labels.lastElementChild as HTMLElement).textContent = t('picture.labels');
  const hideOrShow = () => stage.classList.toggle('without-labels', !part<HTMLInputElement>('.viewer-labels input').checked);
  labels.addEventListener('change', hideOrShow);
  const scores = part('.viewer-scores');
  const steps = [...window.querySelectorAll<HTMLButtonElement>('.viewer-step')];
  window.setAttribute('aria-label', t('picture.viewer'));
  steps[0]?.setAttribute('aria-label', t('picture.previous'));
  steps[1]?.setAttribute('aria-label', t('picture.next'));
  part('[data-close]').setAttribute('aria-label', t('action.close'));

  async function show(): Promise<void> {
    const mine = ++turn;
    const shown = await options.show(index).catch(() => undefined);
    if (mine !== turn || !shown) return;
    image.src = shown.src;
    image.alt = shown.name;
    stage.querySelector('.labels-layer')?.remove();
    if (shown.layer) stage.append(shown.layer);
    labels.hidden = !shown.layer;
    part('h2').textContent = shown.name;
    part('.viewer-place').textContent = t('picture.place', { n: index + 1, total: options.total });
    facts.replaceChildren(
      ...shown.facts.map((fact) => {
        const row = document.createElement('div');
        row.innerHTML = '<dt></dt><dd></dd>';
        (row.firstElementChild as HTMLElement).textContent = fact.name;
        const value = row.lastElementChild as HTMLElement;
        value.textContent = fact.value;
        if (fact.wrong) row.className = 'wrong';
        if (fact.colour) {
          const dot = document.createElement('span');
          dot.className = 'class-dot';
          dot.style.backgroundColor = fact.colour;
          if (fact.letter) {
            dot.classList.add('lettered');
            dot.style.color = inkOn(fact.colour);
            dot.textContent = fact.letter;
          }
          value.prepend(dot);
        }
        return row;
      }),
    );
    scores.replaceChildren(
      ...(shown.scores ?? []).map((score) => {
        const row = document.createElement('div');
        row.className = 'score-row';
        row.innerHTML = '<span></span><span class="score-bar"><span></span></span><span></span>';
        (row.children[0] as HTMLElement).textContent = score.name;
        const bar = row.children[1]?.firstElementChild as HTMLElement;
        bar.style.width = `${score.share * 100}%`;
        bar.style.backgroundColor = score.colour;
        (row.children[2] as HTMLElement).textContent = `${(score.share * 100).toFixed(1)} %`;
        return row;
      }),
    );
    for (const button of steps) button.disabled = index + Number(button.dataset.step) < 0 || index + Number(button.dataset.step) >= options.total;
  }

  const step = (by: number) => {
    const next = Math.max(0, Math.min(options.total - 1, index + by));
    if (next === index) return;
    index = next;
    void show();
  };
  const close = () => {
    window.close();
    window.remove();
    options.closed(index);
  };
  window.addEventListener('cancel', (event) => {
    event.preventDefault();
    close();
  });
  window.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowRight') step(1);
    else if (event.key === 'ArrowLeft') step(-1);
    else if (event.key === 'Home') step(-options.total);
    else if (event.key === 'End') step(options.total);
    else return;
    event.preventDefault();
  });
  window.addEventListener('click', (event) => {
    const target = event.target as Element;
    const by = target.closest<HTMLElement>('[data-step]')?.dataset.step;
    if (by) step(Number(by));
    else if (target.closest('[data-close]') || target === window) close();
  });
  document.body.append(window);
  window.showModal();
  part('[data-close]').focus();
  void show();
}
