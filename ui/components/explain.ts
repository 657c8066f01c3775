/** A sentence at the place that it is about: what a "?" explains, why a button waits, and what a resting pointer reads in a title, for those who use a finger. */
import { float } from './floating.ts';

export function explain(anchor: HTMLElement, text: string, align: 'start' | 'end' = 'end', onClose?: () => void): void {
  const note = document.createElement('div');
  note.className = 'hint-note';
  note.setAttribute('role', 'status');
  note.textContent = text;
  float(anchor, note, { align, ...(onClose ? { onClose } : {}) });
}

const CONTROLS = 'a, button, input, label, select, summary, textarea';

/** A tap on what has a title and does nothing else shows it. */
export function registerExplanations(): void {
  document.addEventListener('click', (event) => {
    if ((event as PointerEvent).pointerType !== 'touch') return;
    const target = event.target as Element;
    const told = target.closest<HTMLElement>('[title]');
    if (!told?.title || target.closest(CONTROLS)) return;
    // It is no control that opens something.
    const plain = () => told.removeAttribute('aria-expanded');
    explain(told, told.title, 'end', plain);
    plain();
  });
}
