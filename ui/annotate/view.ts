/** Where the picture lies in the window: zoom and pan. Screen positions are CSS pixels from the upper left corner of the canvas. */
export interface View {
  /** CSS pixels a picture pixel. */
  readonly scale: number;
  /** Where the picture's upper left corner is, CSS pixels. */
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Sixty-four screen pixels a picture pixel are enough to set a point to a hundredth. */
const MOST = 64;
const MARGIN = 16;
/** Of the picture, at least so much stays in the window, CSS pixels. */
const IN_SIGHT = 48;

/** The whole picture in the middle of the window. Small pictures are enlarged. */
export function fitted(picture: Size, window: Size): View {
  const scale = Math.max(1e-3, Math.min((window.width - 2 * MARGIN) / picture.width, (window.height - 2 * MARGIN) / picture.height, MOST));
  return { scale, x: (window.width - picture.width * scale) / 2, y: (window.height - picture.height * scale) / 2 };
}

/** Zooms by a factor about a point of the screen that stays where it is. From a quarter of the fitted size (or of 100 %) up to 64 times. */
export function zoomed(view: View, factor: number, atX: number, atY: number, picture: Size, window: Size): View {
  const least = Math.min(1, fitted(picture, window).scale) / 4;
  const scale = Math.max(least, Math.min(MOST, view.scale * factor));
  const by = scale / view.scale;
  return inSight({ scale, x: atX - (atX - view.x) * by, y: atY - (atY - view.y) * by }, picture, window);
}

export function panned(view: View, dx: number, dy: number, picture: Size, window: Size): View {
  return inSight({ scale: view.scale, x: view.x + dx, y: view.y + dy }, picture, window);
}

/** The view, moved so far that the picture is not lost outside the window. */
export function inSight(view: View, picture: Size, window: Size): View {
  const keep = (at: number, length: number, room: number): number => {
    const least = Math.min(IN_SIGHT, length);
    return Math.max(least - length, Math.min(room - least, at));
  };
  return { scale: view.scale, x: keep(view.x, picture.width * view.scale, window.width), y: keep(view.y, picture.height * view.scale, window.height) };
}

/** Zoomed so that a box of the picture is well in sight; the view itself where it already is. */
export function showing(view: View, box: { x: number; y: number; width: number; height: number }, picture: Size, window: Size): View {
  const [left, top] = [view.x + box.x * view.scale, view.y + box.y * view.scale];
  const [right, bottom] = [left + box.width * view.scale, top + box.height * view.scale];
  const large = Math.max(right - left, bottom - top) >= 24;
  if (large && left >= 0 && top >= 0 && right <= window.width && bottom <= window.height) return view;
  const room = Math.min((window.width * 0.6) / Math.max(box.width, 1e-6), (window.height * 0.6) / Math.max(box.height, 1e-6));
  const scale = Math.min(MOST, large ? Math.min(view.scale, room) : Math.min(room, 8));
  return inSight({ scale, x: window.width / 2 - (box.x + box.width / 2) * scale, y: window.height / 2 - (box.y + box.height / 2) * scale }, picture, window);
}
