/** A small panel that hangs on a control: menus, explanations, the lists of the top bar. Closed by Esc, by a click elsewhere, by leaving. */
export interface Floating {
  close(): void;
}

const GAP = 4;
const EDGE = 8;

function put(anchor: HTMLElement, content: HTMLElement, align: 'start' | 'end'): void {
  const at = anchor.getBoundingClientRect();
  const width = content.offsetWidth;
  const height = content.offsetHeight;
  const left = align === 'end' ? at.right - width : at.left;
  const below = at.bottom + GAP;
  const top = below + height > innerHeight - EDGE && at.top - GAP - height > EDGE ? at.top - GAP - height : below;
  content.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  content.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - height - EDGE))}px`;
}

let shown: (Floating & { anchor: HTMLElement }) | null = null;

/** The control of the open panel that is being pressed: the browser closes the panel before the click comes, which must not open it anew. */
let pressed: HTMLElement | null = null;
document.addEventListener(
  'pointerdown',
  ({ target }) => {
    pressed = shown?.anchor.contains(target as Node) ? shown.anchor : null;
  },
  { capture: true },
);
document.addEventListener(
  'keydown',
  () => {
    pressed = null;
  },
  { capture: true },
);

export function closeFloating(): void {
  shown?.close();
}

/**
 * Shows `content` at `anchor`. Gives null where it was shown there and the same click closes it, so that the control toggles.
 * Inside a dialog it is put into the dialog: what is outside of an open dialog cannot be reached.
 */
export function float(anchor: HTMLElement, content: HTMLElement, options: { align?: 'start' | 'end'; onClose?(): void } = {}): Floating | null {
  const closing = pressed === anchor || shown?.anchor === anchor;
  pressed = null;
  shown?.close();
  if (closing) return null;
  const align = options.align ?? 'start';
  content.classList.add('floating');
  content.popover = 'auto';
  (anchor.closest('dialog') ?? document.body).append(content);
  content.showPopover();
  put(anchor, content, align);
  anchor.setAttribute('aria-expanded', 'true');
  const again = () => put(anchor, content, align);
  const size = new ResizeObserver(again);
  size.observe(content);
  addEventListener('resize', again);
  document.addEventListener('scroll', again, { capture: true, passive: true });
  let done = false;
  const finish = () => {
    if (done) return;
    done = true;
    shown = null;
    size.disconnect();
    removeEventListener('resize', again);
    document.removeEventListener('scroll', again, { capture: true });
    anchor.setAttribute('aria-expanded', 'false');
    const inside = content.contains(document.activeElement) || document.activeElement === document.body;
    content.remove();
    if (inside) anchor.focus({ preventScroll: true });
    options.onClose?.();
  };
  content.addEventListener('beforetoggle', (event) => {
    if ((event as ToggleEvent).newState === 'closed' && event.target === content) finish();
  });
  shown = { anchor, close: finish };
  return shown;
}
