/**
 * Mouse, pen and fingers on the canvas, as what they mean: a press that a tool gets, a pan (middle button, space, the pan tool, two fingers), a zoom (wheel,
 * pinch). A second finger gives up what the first has begun. Where a pen is used, fingers only move the picture, and while it draws a hand that rests on the screen
 * does nothing.
 */
import type { Press } from './tool.ts';

export interface Wishes {
  place(sx: number, sy: number, finger: boolean, shift: boolean): Press;
  /** The tool itself pans. */
  panning(): boolean;
  down(press: Press): void;
  move(press: Press): void;
  up(press: Press): void;
  hover(press: Press | null): void;
  /** The press that is under way is none. */
  interrupt(): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, sx: number, sy: number): void;
  /** What the pointer would do has changed. */
  cursor(): void;
}

interface Finger {
  x: number;
  y: number;
}

export class Gestures {
  readonly #on: HTMLElement;
  readonly #wishes: Wishes;
  readonly #end = new AbortController();
  readonly #fingers = new Map<number, Finger>();
  #tool: number | null = null;
  #pan: { id: number; x: number; y: number } | null = null;
  #space = false;
  #pen = false;

  constructor(on: HTMLElement, wishes: Wishes) {
    this.#on = on;
    this.#wishes = wishes;
    const options = { signal: this.#end.signal };
    on.addEventListener('pointerdown', (event) => this.#down(event), options);
    on.addEventListener('pointermove', (event) => this.#move(event), options);
    on.addEventListener('pointerup', (event) => this.#up(event), options);
    on.addEventListener('pointercancel', (event) => this.#lost(event), options);
    on.addEventListener('pointerleave', () => this.#tool === null && wishes.hover(null), options);
    on.addEventListener('wheel', (event) => this.#wheel(event), { ...options, passive: false });
    on.addEventListener('contextmenu', (event) => event.preventDefault(), options);
    // The middle button would scroll.
    on.addEventListener('mousedown', (event) => event.button === 1 && event.preventDefault(), options);
    document.addEventListener('keydown', (event) => this.#key(event, true), options);
    document.addEventListener('keyup', (event) => this.#key(event, false), options);
    addEventListener('blur', () => this.#release(), options);
  }

  end(): void {
    this.#end.abort();
  }

  get panning(): boolean {
    return this.#pan !== null;
  }
  /** The next press would pan. */
  get ready(): boolean {
    return this.#space || this.#wishes.panning();
  }

  #key(event: KeyboardEvent, down: boolean): void {
    if (event.code !== 'Space') return;
    if (down && (event.target as Element).closest?.('button, a, input, select, textarea, summary, dialog, [popover], [contenteditable], [role=button]')) return;
    if (down) event.preventDefault();
    if (this.#space !== down) {
      this.#space = down;
      this.#wishes.cursor();
    }
  }
  #release(): void {
    this.#space = false;
    this.#wishes.cursor();
  }

  #press(event: PointerEvent): Press {
    const box = this.#on.getBoundingClientRect();
    return this.#wishes.place(event.clientX - box.left, event.clientY - box.top, event.pointerType === 'touch', event.shiftKey);
  }

  #down(event: PointerEvent): void {
    this.#on.setPointerCapture(event.pointerId);
    if (document.activeElement instanceof HTMLElement && document.activeElement !== document.body) document.activeElement.blur();
    if (event.pointerType === 'pen') {
      this.#pen = true;
      this.#letFingersGo();
    }
    if (event.pointerType === 'touch') {
      this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (this.#fingers.size > 1 || this.#pen) {
        this.#letFingersGo();
        return;
      }
    }
    if (event.button === 1 || (event.button === 0 && (this.#space || this.#wishes.panning()))) {
      this.#pan = { id: event.pointerId, x: event.clientX, y: event.clientY };
      this.#wishes.cursor();
      return;
    }
    if (event.button !== 0 || this.#tool !== null || this.#pan) return;
    this.#tool = event.pointerId;
    this.#wishes.down(this.#press(event));
  }

  /** What a finger alone has begun is given up: it is one of two, or the palm beside a pen. */
  #letFingersGo(): void {
    if (this.#tool !== null && this.#fingers.has(this.#tool)) {
      this.#wishes.interrupt();
      this.#tool = null;
    }
    if (this.#pan && this.#fingers.has(this.#pan.id)) this.#pan = null;
  }

  #move(event: PointerEvent): void {
    const finger = this.#fingers.get(event.pointerId);
    if (finger && (this.#fingers.size > 1 || this.#pen)) {
      // The pen, or a mouse, is at work: the picture stays where it is.
      if (this.#tool === null) this.#pinch(event, finger);
      else [finger.x, finger.y] = [event.clientX, event.clientY];
      return;
    }
    if (finger) {
      finger.x = event.clientX;
      finger.y = event.clientY;
    }
    if (this.#pan?.id === event.pointerId) {
      this.#wishes.pan(event.clientX - this.#pan.x, event.clientY - this.#pan.y);
      this.#pan = { id: event.pointerId, x: event.clientX, y: event.clientY };
    } else if (this.#tool === event.pointerId) {
      // Between two frames a fast hand passes many places: a brush must not leave gaps, a drawn line not lose its corners.
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const one of passed.length ? passed : [event]) this.#wishes.move(this.#press(one));
    } else if (this.#tool === null && event.pointerType !== 'touch') this.#wishes.hover(this.#press(event));
  }

  /** Two fingers: the middle moves the picture, the distance zooms it. One finger beside a pen moves it. */
  #pinch(event: PointerEvent, finger: Finger): void {
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    const box = this.#on.getBoundingClientRect();
    const [dx, dy] = [event.clientX - finger.x, event.clientY - finger.y];
    if (!other) this.#wishes.pan(dx, dy);
    else {
      const before = Math.hypot(finger.x - other.x, finger.y - other.y);
      const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      this.#wishes.pan(dx / 2, dy / 2);
      if (before > 20 && after > 20) {
        this.#wishes.zoom(after / before, (event.clientX + other.x) / 2 - box.left, (event.clientY + other.y) / 2 - box.top);
      }
    }
    finger.x = event.clientX;
    finger.y = event.clientY;
  }

  #up(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    if (this.#pan?.id === event.pointerId) {
      this.#pan = null;
      this.#wishes.cursor();
    } else if (this.#tool === event.pointerId) {
      this.#tool = null;
      this.#wishes.up(this.#press(event));
    }
  }

  #lost(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    if (this.#pan?.id === event.pointerId) this.#pan = null;
    if (this.#tool === event.pointerId) {
      this.#tool = null;
      this.#wishes.interrupt();
    }
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? 400 : 1;
    const box = this.#on.getBoundingClientRect();
    if (event.shiftKey) {
      this.#wishes.pan(-(event.deltaX || event.deltaY) * lines, 0);
      return;
    }
    // A pinch on a touch pad comes as a wheel with Ctrl and small steps.
    const speed = event.ctrlKey ? 0.01 : 0.0018;
    this.#wishes.zoom(Math.exp(-Math.max(-300, Math.min(300, event.deltaY * lines)) * speed), event.clientX - box.left, event.clientY - box.top);
  }
}
