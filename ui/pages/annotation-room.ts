/** What the parts of the work screen share: things that live as long as the page does, the state that the markup shows, and what one part asks of another. */
import type {
  AnnotatedPicture,
  AnnotationAction,
  AnnotationClass,
  AnnotationClasses,
  AnnotationMessage,
  AnnotationShape,
  AnnotationTask,
  PictureSave,
  PictureSaved,
} from '../../server/http/annotation-schemas.ts';
import type { ClassGrid, Replaced } from '../annotate/class-grid.ts';
import type { Item } from '../annotate/drawing.ts';
import type { Filmstrip } from '../annotate/filmstrip.ts';
import { Loader } from '../annotate/loader.ts';
import type { Answer, Saver, SaveState } from '../annotate/saving.ts';
import type { Mode, Session } from '../annotate/session.ts';
import type { ShapeList } from '../annotate/shape-list.ts';
import type { Appearance, Stage } from '../annotate/stage.ts';
import type { Filter, TaskIndex } from '../annotate/task-index.ts';
import type { ToolName } from '../annotate/tool.ts';
import type { Route } from '../page.ts';
import { remembered } from '../session.ts';
import type { Magics } from '../vendor/alpine.js';

/** Not reactive: Alpine must not wrap canvases and pictures of 100,000 entries. */
export class Room {
  readonly route: Route;
  readonly taskId: number;
  /** Address of the task. */
  readonly base: string;
  readonly tab = crypto.randomUUID();
  readonly loader: Loader;
  /** Pictures that were opened, with their drawing and its history; the latest last. */
  readonly sessions = new Map<number, Session>();
  /** Ids of the saves of this tab. */
  readonly mine = new Set<string>();
  /** The revision that this tab has saved last, by picture. */
  readonly savedAs = new Map<number, number>();
  /** What saves of the grid have replaced, the latest last. */
  readonly replaced: Replaced[][] = [];
  /** Why the daemon does not take what was changed, by picture. */
  readonly refusals = new Map<number, string>();
  stage: Stage | null = null;
  films: Filmstrip | null = null;
  shapes: ShapeList | null = null;
  grid: ClassGrid | null = null;
  saver: Saver | null = null;
  index: TaskIndex | null = null;
  /** The classes by their id: asked for each shape that is drawn. */
  classes = new Map<number, AnnotationClass>();
  /** Numbers of the pictures in the list. */
  list = new Uint32Array();
  session: Session | null = null;
  /** Shapes and proposals of the picture that is open. */
  items: readonly Item[] = [];
  /** States of the task and its parts, as one word. */
  states = '';
  /** Parts whose pictures are shown; null: all. */
  parts: ReadonlySet<number> | null = null;
  keys = new AbortController();
  /** Which request for a picture is the latest. */
  turn = 0;
  /** Another picture is on its way. */
  coming = false;
  /** Ends listening to the drawing that is open. */
  off: () => void = () => {};
  settling = 0;

  constructor(route: Route) {
    this.route = route;
    this.taskId = Number(route.params.id);
    this.base = `/api/annotation/tasks/${this.taskId}`;
    this.loader = new Loader(this.taskId);
  }
}

export const plainState = () => ({
  task: null as AnnotationTask | null,
  classes: [] as AnnotationClass[],
  classesRevision: 0,
  mode: 'whole' as Mode,
  filter: 'all' as Filter,
  unsure: false,
  ranked: false,
  place: -1,
  length: 0,
  counts: { total: 0, done: 0, deleted: 0, returned: 0, fixed: 0, open: 0, proposed: 0 },
  current: null as AnnotatedPicture | null,
  problem: null as unknown,
  loading: true,
  tool: 'select' as ToolName,
  look: { shapes: true, names: false, crosshair: true, opacity: 0.25, brightness: 1, contrast: 1 } as Appearance,
  brush: 12,
  zoom: '',
  at: '',
  /** Set of the polygon that is being drawn. */
  points: 0,
  /** Classes that are not shown. */
  layersOff: [] as number[],
  search: '',
  label: 0,
  selected: [] as number[],
  shapeCount: 0,
  proposals: 0,
  above: 50,
  hasShapes: false,
  empty: false,
  deleted: false,
  pictureLabel: 0,
  canUndo: false,
  canRedo: false,
  saveState: 'saved' as SaveState,
  unsentCount: 0,
  others: [] as { id: number; name: string }[],
  advance: remembered('annotate.advance') !== 'off',
  grid: false,
  gridCount: 0,
  /** Saves of the grid that can be taken back. */
  gridSteps: 0,
  busy: false,
});

export type WorkState = ReturnType<typeof plainState>;

/** What the parts ask of one another. */
export interface Work extends WorkState {
  may(action: AnnotationAction): boolean;
  mayEdit(n: number): boolean;
  editable(): boolean;
  lockedText(code: string): string;
  colourOf(label: number): string;
  nameOf(label: number): string;
  takeTask(task: AnnotationTask): void;
  takeClasses(classes: AnnotationClasses): void;
  bind(): void;
  count(): void;
  refilter(first?: number): void;
  relist(n: number, open?: boolean): void;
  filterCount(filter: Filter): number;
  openAt(place: number): Promise<void>;
  openPicture(n: number): Promise<void>;
  unfinished(): boolean;
  beside(by: number): number;
  go(by: number): void;
  nextTodo(): void;
  take(next: Session): void;
  refresh(): void;
  settle(): void;
  keep(): void;
  markDelete(n: number): Promise<void>;
  acceptAbove(): void;
  showLayers(labels: readonly number[]): void;
  toggleGrid(): void;
  gridDelete(): void;
  gridNone(): void;
  gridUndo(): Promise<void>;
  saverChanged(): void;
  send(n: number, save: PictureSave): Promise<Answer>;
  saved(n: number, reply: PictureSaved, shapes: readonly AnnotationShape[] | null): void;
  conflict(n: number, current: AnnotatedPicture): Promise<void>;
  refused(n: number, error: unknown): void;
  heard(message: AnnotationMessage): void;
  reloadClasses(): Promise<void>;
  reloadIndex(pictures?: boolean): Promise<void>;
  reopen(): Promise<void>;
  lookAgain(n: number, by?: string): Promise<void>;
  catchUp(): Promise<void>;
  tellPresence(): Promise<void>;
}

/** Members of the screen that belong together. */
export function part<T extends object>(members: T & ThisType<T & Work & Magics>): T {
  return members;
}
