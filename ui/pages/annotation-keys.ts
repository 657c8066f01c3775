/** The keys of the work screen. */
import type { AnnotationAction, AnnotationClass } from '../../server/http/annotation-schemas.ts';
import type { Mode } from '../annotate/session.ts';
import type { ToolName } from '../annotate/tool.ts';
import type { KeyBinding } from '../components/keys.ts';
import '../i18n/areas/annotation.ts';
import { t } from '../i18n/language.ts';

/** What the keys can ask of the screen. */
export interface WorkKeys {
  mode: Mode;
  /** Many pictures are shown, and none of them is open. */
  grid: boolean;
  classes: readonly AnnotationClass[];
  hasShapes: boolean;
  empty: boolean;
  may(action: AnnotationAction): boolean;
  go(by: number): void;
  nextTodo(): void;
  undo(): void;
  redo(): void;
  saveNow(): void;
  selectAll(): void;
  cancel(): void;
  zoomBy(factor: number): void;
  fit(): void;
  use(tool: ToolName): void;
  resizeBrush(by: number): void;
  toggle(what: 'shapes' | 'names' | 'crosshair'): void;
  copyOn(): Promise<void>;
  cycle(by: number): void;
  remove(): void;
  enter(event: KeyboardEvent): void;
  arrow(event: KeyboardEvent, dx: number, dy: number): void;
  setNothing(nothing: boolean): void;
  toggleDelete(): void;
  toggleGrid(): void;
  manage(): Promise<void>;
  review(verdict: 'accept' | 'return'): Promise<void>;
  pick(label: number): void;
}

export function workKeys(work: WorkKeys): KeyBinding[] {
  const shaped = work.mode === 'box' || work.mode === 'polygon';
  const all: (KeyBinding | false)[] = [
    { key: 'd', text: 'work.next', run: () => work.go(1) },
    { key: 'ArrowRight', shown: '→', text: 'work.next', run: (event) => work.arrow(event, 1, 0) },
    { key: 'a', text: 'work.previous', run: () => work.go(-1) },
    { key: 'ArrowLeft', shown: '←', text: 'work.previous', run: (event) => work.arrow(event, -1, 0) },
    shaped && { key: 'ArrowUp', shown: '↑', text: 'work.nudge', run: (event) => work.arrow(event, 0, -1) },
    shaped && { key: 'ArrowDown', shown: '↓', text: 'work.nudge', run: (event) => work.arrow(event, 0, 1) },
    { key: 'u', text: 'work.todo', run: () => !work.grid && work.nextTodo() },
    { key: 'z', ctrl: true, shift: false, shown: 'Ctrl Z', text: 'work.undo', run: () => work.undo() },
    { key: 'z', ctrl: true, shift: true, shown: 'Ctrl Shift Z', text: 'work.redo', run: () => work.redo() },
    { key: 'y', ctrl: true, shown: 'Ctrl Y', text: 'work.redo', run: () => work.redo() },
    { key: 's', ctrl: true, shown: 'Ctrl S', text: 'work.save', run: () => work.saveNow() },
    shaped && { key: 'a', ctrl: true, shown: 'Ctrl A', text: 'work.select-all', run: () => work.selectAll() },
    { key: '+', text: 'work.zoom-in', run: () => work.zoomBy(1.4) },
    { key: '=', shown: '=', text: 'work.zoom-in', run: () => work.zoomBy(1.4) },
    { key: '-', text: 'work.zoom-out', run: () => work.zoomBy(0.7) },
    { key: 'z', text: 'work.fit', run: () => work.fit() },
    { key: 'q', text: 'work.tool.pan', run: () => work.use('pan') },
    { key: ' ', shown: 'Space', text: 'work.pan-held' },
    shaped && { key: 'v', text: 'work.tool.select', run: () => work.use('select') },
    work.mode === 'box' && { key: 'b', text: 'work.tool.box', run: () => work.use('box') },
    (work.mode === 'polygon' || work.mode === 'pixel') && { key: 'p', text: 'work.tool.polygon', run: () => work.use('polygon') },
    work.mode === 'polygon' && { key: 'o', text: 'work.tool.hole', run: () => work.use('hole') },
    work.mode === 'pixel' && { key: 'r', text: 'work.tool.brush', run: () => work.use('brush') },
    work.mode === 'pixel' && { key: 'e', text: 'work.tool.eraser', run: () => work.use('eraser') },
    work.mode === 'pixel' && { key: 'f', text: 'work.tool.fill', run: () => work.use('fill') },
    work.mode === 'pixel' && { key: '[', text: 'work.brush-smaller', run: () => work.resizeBrush(-4) },
    work.mode === 'pixel' && { key: ']', text: 'work.brush-larger', run: () => work.resizeBrush(4) },
    work.mode !== 'whole' && { key: 'x', text: 'work.crosshair', run: () => work.toggle('crosshair') },
    work.mode !== 'whole' && { key: 's', text: 'work.show', run: () => work.toggle('shapes') },
    shaped && { key: 'w', text: 'work.names', run: () => work.toggle('names') },
    shaped && { key: 'c', text: 'work.copy', run: () => void work.copyOn() },
    shaped && { key: '.', text: 'work.next-shape', run: () => work.cycle(1) },
    shaped && { key: ',', text: 'work.previous-shape', run: () => work.cycle(-1) },
    { key: 'Delete', text: 'work.delete', run: () => work.remove() },
    { key: 'Backspace', text: 'work.delete', run: () => work.remove() },
    work.mode !== 'box' && { key: 'Enter', text: work.mode === 'whole' ? 'work.accept' : 'work.finish', run: (event) => work.enter(event) },
    { key: 'Escape', shown: 'Esc', text: 'work.cancel', run: () => void work.cancel() },
    work.mode !== 'whole' && { key: 't', text: 'work.nothing', run: () => !work.hasShapes && work.setNothing(!work.empty) },
    { key: 'k', text: 'work.mark-delete', run: () => work.toggleDelete() },
    work.mode === 'whole' && { key: 'g', text: 'work.grid', run: () => work.toggleGrid() },
    { key: 'm', text: 'labels.manage', run: () => void work.manage() },
    { key: 'y', text: 'work.accept-picture', run: () => void (work.may('review') && work.review('accept')) },
    { key: 'j', text: 'work.return-picture', run: () => void (work.may('review') && work.review('return')) },
  ];
  // The keys that people have chosen for their labels win.
  const taken = new Set(work.classes.map((one) => one.hotKey));
  const labels = work.classes.flatMap((one) =>
    one.hotKey ? [{ key: one.hotKey, text: () => t('work.key.label', { name: one.name }), run: () => work.pick(one.id) }] : [],
  );
  return [...all.filter((one) => one !== false && (one.ctrl || !taken.has(one.key))), ...labels] as KeyBinding[];
}
