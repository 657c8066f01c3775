/** The drawing on the canvas of the work screen: what a step changes in the panel, tools, view and the keys for them. */

import type { Item, Step } from '../annotate/drawing.ts';
import { movedShape } from '../annotate/reshape.ts';
import type { Session } from '../annotate/session.ts';
import type { Appearance } from '../annotate/stage.ts';
import type { ToolName } from '../annotate/tool.ts';
import { openKeySheet } from '../components/keys.ts';
import { toast } from '../components/toast.ts';
import { openInformation } from '../frame/information.ts';
import '../i18n/areas/annotation.ts';
import { t } from '../i18n/language.ts';
import { keepLook, openLook } from './annotation-look.ts';
import { part, type Room } from './annotation-room.ts';

/** Of a picture of pixels, the time without a stroke after which it is handed over. */
const SETTLE_MS = 200;

/** The label that a shape has got by being drawn or labelled; none for proposals. */
function newLabel(before: Item | null, after: Item | null): number[] {
  return after && after.proposed === null && before?.shape.label !== after.shape.label ? [after.shape.label] : [];
}

export const drawingPart = (room: Room) =>
  part({
    /** The picture whose drawing is on the canvas from now on. */
    take(next: Session) {
      this.settle();
      room.off();
      room.session = next;
      room.off = next.drawing.onStep((step) => this.stepped(step));
      this.current = next.server;
      this.others = next.server.openBy;
      this.deleted = next.deleted;
      this.selected = [];
      this.refresh();
    },
    /** What the panel shows of the drawing. */
    refresh() {
      if (!room.session) return;
      const { drawing } = room.session;
      room.items = drawing.list();
      this.proposals = room.session.proposals().length;
      this.shapeCount = room.items.length - this.proposals;
      this.hasShapes = this.mode === 'pixel' ? room.session.state() === 'done' && !room.session.nothing : this.shapeCount > 0;
      this.empty = room.session.nothing;
      this.pictureLabel = room.session.label;
      this.canUndo = drawing.canUndo;
      this.canRedo = drawing.canRedo;
      if (room.shapes && this.mode !== 'whole') {
        room.shapes.reload();
      }
    },
    stepped({ changes, patch }: Step) {
      if (!room.session) return;
      if (patch || room.session.shapes().length) room.session.nothing = false;
      this.refresh();
      const drawn = patch ? [this.label] : changes.flatMap(({ before, after }) => newLabel(before, after));
      if (drawn.length && !this.look.shapes) this.toggle('shapes');
      this.showLayers(drawn);
      // Proposals that are thrown away are no change of the picture.
      if (!patch && changes.every(({ before, after }) => before?.proposed !== null && after?.proposed !== null)) return;
      if (this.mode !== 'pixel') {
        this.keep();
        return;
      }
      // Run lengths of a large picture take their time: not between two strokes.
      clearTimeout(room.settling);
      room.settling = window.setTimeout(() => this.settle(), SETTLE_MS);
      this.saverChanged();
    },
    /** Hands over what a stroke has changed, if that has not happened yet. */
    settle() {
      if (!room.settling) return;
      clearTimeout(room.settling);
      room.settling = 0;
      this.keep();
    },
    /** Hands what has changed to the saver, and shows its state in the list at once. */
    keep() {
      if (!room.session || !room.index || !room.saver) return;
      const body = room.session.body();
      room.saver.change(room.session.n, body, room.session.revision, room.session.server.shapes);
      room.index.set(room.session.n, { state: body.state, label: body.label ?? null });
      room.films?.refresh();
      this.count();
    },
    nowSelected(ids: readonly number[]) {
      this.selected = [...ids];
      room.shapes?.refresh();
      const [only] = ids;
      if (ids.length === 1 && only !== undefined) {
        room.shapes?.show(only);
        const label = room.session?.drawing.get(only)?.shape.label;
        if (label) this.label = label;
      }
    },

    use(tool: ToolName) {
      if (room.stage?.use(tool)) this.tool = tool;
      else this.unfinished();
    },
    /** What is asked for would lose a polygon that has been begun: the person is told. */
    unfinished() {
      if (!room.stage?.unfinished) return false;
      toast('info', t('work.say.unfinished'));
      return true;
    },
    setBrush() {
      if (room.stage) room.stage.brush = this.brush / 2;
    },
    zoomBy: (factor: number) => room.stage?.zoom(factor),
    fit: () => room.stage?.reset(),
    undo() {
      if (this.grid) void this.gridUndo();
      else room.stage?.undo();
    },
    redo() {
      if (!this.grid && !this.unfinished()) room.stage?.redo();
    },
    finishDrawing: () => room.stage?.finish(),
    pointBack: () => room.stage?.back(),
    layerShown(label: number) {
      return !this.layersOff.includes(label);
    },
    setLayers(off: number[]) {
      this.layersOff = off;
      if (room.stage) room.stage.hiddenClasses = new Set(off);
    },
    toggleLayer(label: number) {
      this.setLayers(this.layerShown(label) ? [...this.layersOff, label] : this.layersOff.filter((one) => one !== label));
    },
    /** Shows those of them that are hidden: what is drawn must not vanish under the hand. */
    showLayers(labels: readonly number[]) {
      if (labels.some((label) => !this.layerShown(label))) this.setLayers(this.layersOff.filter((one) => !labels.includes(one)));
    },
    toggle(what: 'shapes' | 'names' | 'crosshair') {
      this.setLook({ ...this.look, [what]: !this.look[what] });
    },
    setLook(look: Appearance) {
      this.look = look;
      if (room.stage) room.stage.appearance = look;
      keepLook(look);
    },
    openLook(anchor: HTMLElement) {
      openLook(anchor, this.look, (next) => this.setLook(next));
    },
    enter(event: KeyboardEvent) {
      // A button that has the focus is pressed by Enter.
      const on = (event.target as Element).closest<HTMLElement>('button, a');
      if (on) on.click();
      else if (this.mode !== 'whole') room.stage?.finish();
      else if (this.proposals && !this.grid) this.acceptAbove();
    },
    openKeys: () => openKeySheet(),
    openHelp: () => openInformation(),
    /** Shapes that are on the canvas: what is hidden is not chosen unseen. */
    inSight: () => room.items.filter((item) => room.stage?.visible(item)),
    selectAll() {
      room.stage?.select(this.inSight().map((item) => item.id));
    },
    cancel() {
      if (this.grid) this.gridNone();
      else room.stage?.cancel();
    },
    arrow(event: KeyboardEvent, dx: number, dy: number) {
      const shaped = this.mode === 'box' || this.mode === 'polygon';
      if (this.grid) return;
      if (shaped && this.selected.length) {
        if (!room.coming) room.stage?.nudge(dx * (event.shiftKey ? 10 : 1), dy * (event.shiftKey ? 10 : 1), movedShape);
      } else if (dx) this.go(dx);
    },
    cycle(by: number) {
      const items = this.inSight();
      const now = items.findIndex((item) => item.id === this.selected[0]);
      const next = now < 0 ? items.at(by > 0 ? 0 : -1) : items[(now + by + items.length) % items.length];
      if (next) room.stage?.select([next.id], true);
    },
    resizeBrush(by: number) {
      this.brush = Math.max(1, Math.min(200, this.brush + by));
      this.setBrush();
    },
  });
