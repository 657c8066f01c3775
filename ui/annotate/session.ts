/** One picture at work: what the daemon has, what is drawn now, and what is to be saved of it. */
import type { AnnotatedPicture, AnnotationShape, PictureSave, PictureState } from '../../server/http/annotation-schemas.ts';
import type { ModelKind } from '../../server/http/schemas.ts';
import type { Shape } from '../../server/labels/annotation.ts';
import { outlineOf } from '../../server/labels/shapes.ts';
import { Drawing, type Item } from './drawing.ts';
import { PixelLabels } from './pixel-labels.ts';

/** What is marked: the picture as a whole, boxes, polygons, or each pixel. */
export type Mode = 'whole' | 'box' | 'polygon' | 'pixel';
export function modeOf(model: ModelKind): Mode {
  switch (model) {
    case 'detection':
      return 'box';
    case 'instance_segmentation':
      return 'polygon';
    case 'semantic_segmentation':
      return 'pixel';
    default:
      return 'whole';
  }
}

type Content = Pick<PictureSave, 'label' | 'shapes'>;
export type Body = Omit<PictureSave, 'base' | 'saveId'>;

/** Shapes as they are sent: the same object as long as the item is the same, so that what has changed is found without comparing. */
const sent = new WeakMap<Item, AnnotationShape>();
function sentOf(item: Item): AnnotationShape {
  let shape = sent.get(item);
  if (!shape) {
    const { id: _, ...of } = item.shape as AnnotationShape;
    shape = { id: item.id, ...of } as AnnotationShape;
    sent.set(item, shape);
  }
  return shape;
}

const whole = (label: number): Shape => ({ kind: 'whole', label });

export class Session {
  readonly n: number;
  readonly mode: Mode;
  readonly drawing: Drawing;
  /** As the daemon had it last. */
  server: AnnotatedPicture;
  /** Marked to be deleted at Complete. */
  deleted: boolean;
  /** The person says that there is nothing to mark. */
  nothing: boolean;

  constructor(server: AnnotatedPicture, mode: Mode, unsaved: PictureSave | null = null) {
    this.n = server.n;
    this.mode = mode;
    this.server = server;
    const state = unsaved?.state ?? server.state;
    const content: Content = unsaved ?? { label: server.label, shapes: server.shapes };
    this.deleted = state === 'delete';
    this.nothing = state === 'done' && mode !== 'whole' && !content.shapes?.length;
    this.drawing = drawingOf(server, mode, content, state === 'todo');
  }

  get revision(): number {
    return this.server.revision;
  }

  /** What the daemon says of the picture now changes nothing in the drawing: it is not newer, its proposals are the same, its labels are there. */
  stands(now: AnnotatedPicture, known: (label: number) => boolean): boolean {
    if (now.revision < this.revision) return true;
    if (now.revision > this.revision || JSON.stringify(now.proposal) !== JSON.stringify(this.server.proposal)) return false;
    const labels = this.drawing.pixels ? this.drawing.pixels.counts().keys() : this.shapes().map((item) => item.shape.label);
    return [...labels].every((label) => label === 0 || known(label));
  }

  /** Shapes of the picture, without what is only proposed. */
  shapes(): Item[] {
    return this.drawing.list().filter((item) => item.proposed === null);
  }
  proposals(): Item[] {
    return this.drawing.list().filter((item) => item.proposed !== null);
  }

  get label(): number {
    return this.shapes().find((item) => item.shape.kind === 'whole')?.shape.label ?? 0;
  }

  /** One class for the picture; the same again takes it away. */
  choose(label: number): void {
    const now = this.shapes()[0] ?? null;
    const again = now?.shape.label === label;
    const id = now?.id ?? this.drawing.newId();
    this.drawing.apply([{ id, before: now, after: again ? null : { id, shape: whole(label), proposed: null } }]);
  }

  /** Proposals become shapes; in a picture of pixels they are painted in. */
  accept(items: readonly Item[]): void {
    const { drawing } = this;
    if (this.mode === 'whole') {
      const best = items[0];
      if (best)
        drawing.apply([
          ...this.shapes().map((before) => ({ id: before.id, before, after: null })),
          { id: best.id, before: best, after: { ...best, proposed: null } },
        ]);
      return;
    }
    const { pixels } = drawing;
    if (!pixels) {
      drawing.accept(items.map((item) => item.id));
      return;
    }
    for (const item of items) {
      const patch = pixels.fillParts(outlineOf(item.shape), item.shape.label);
      drawing.apply([{ id: item.id, before: item, after: null }], patch);
    }
  }

  /** 'done' where there is something and every shape has its class, or there is nothing to mark. */
  state(): PictureState {
    if (this.deleted) return 'delete';
    if (this.mode === 'whole') return this.label ? 'done' : 'todo';
    const shapes = this.shapes();
    if (this.drawing.pixels) return this.nothing || !this.drawing.pixels.empty ? 'done' : 'todo';
    if (!shapes.length) return this.nothing ? 'done' : 'todo';
    return shapes.every((item) => item.shape.label > 0) ? 'done' : 'todo';
  }

  body(): Body {
    const state = this.state();
    if (this.mode === 'whole') return { state, label: this.label || null };
    const { pixels } = this.drawing;
    // Of pixels there is one mask a class.
    return { state, shapes: pixels ? pixels.masks().map(({ label, rle }) => ({ id: label, kind: 'mask', rle, label })) : this.shapes().map(sentOf) };
  }
}

function drawingOf(server: AnnotatedPicture, mode: Mode, content: Content, open: boolean): Drawing {
  const size = { width: server.width, height: server.height };
  const proposal = open ? server.proposal : null;
  if (mode === 'whole') {
    const shapes = content.label ? [{ shape: whole(content.label) }] : [];
    return new Drawing(size, [...shapes, ...(proposal?.label ? [{ shape: whole(proposal.label), proposed: proposal.score }] : [])]);
  }
  const given = content.shapes ?? [];
  const own = given as Shape[];
  const proposed = ((proposal?.shapes ?? []) as Shape[]).map((shape) => ({ shape, proposed: shape.attributes?.score ?? proposal?.score ?? 0 }));
  if (mode !== 'pixel') {
    const drawing = new Drawing(size, [...given.map((shape) => ({ shape: shape as Shape, ...(shape.id ? { id: shape.id } : {}) })), ...proposed]);
    for (const shape of given) {
      const item = shape.id ? drawing.get(shape.id) : undefined;
      if (item) sent.set(item, shape);
    }
    return drawing;
  }
  const pixels = new PixelLabels(
    size,
    own.flatMap((shape) => (shape.kind === 'mask' ? [{ label: shape.label, rle: shape.rle }] : [])),
  );
  for (const shape of own) if (shape.kind !== 'mask') pixels.fillParts(outlineOf(shape), shape.label);
  return new Drawing(size, proposed, pixels);
}
