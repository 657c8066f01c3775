/** The work screen of annotation: the pictures of a task, the canvas, the tagging panel. What is done here is saved by itself. */
import type {
  AnnotatedPicture,
  AnnotationAction,
  AnnotationClass,
  AnnotationClasses,
  AnnotationIndex,
  AnnotationMessage,
  AnnotationShape,
  AnnotationTask,
  LabelledMany,
  PictureSave,
  PictureSaved,
} from '../../server/http/annotation-schemas.ts';
import type { Shape } from '../../server/labels/annotation.ts';
import { ClassGrid } from '../annotate/class-grid.ts';
import type { Item } from '../annotate/drawing.ts';
import { Filmstrip } from '../annotate/filmstrip.ts';
import { NO_CLASS } from '../annotate/ink.ts';
import { Loader } from '../annotate/loader.ts';
import { movedShape } from '../annotate/reshape.ts';
import { type Answer, Saver, type SaveState } from '../annotate/saving.ts';
import { type Mode, modeOf, Session } from '../annotate/session.ts';
import { ShapeList } from '../annotate/shape-list.ts';
import { type Appearance, Stage } from '../annotate/stage.ts';
import { type Filter, TaskIndex } from '../annotate/task-index.ts';
import type { ToolName } from '../annotate/tool.ts';
import { openUnsent, type UnsentStore } from '../annotate/unsent.ts';
import { ApiError, api, wasAborted } from '../api.ts';
import { float } from '../components/floating.ts';
import { bindKeys } from '../components/keys.ts';
import { openMenu } from '../components/menu.ts';
import { toast, toastError } from '../components/toast.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/annotation.ts';
import { t, textOf } from '../i18n/language.ts';
import { onChange, onResync, watchTask } from '../live/events.ts';
import { component } from '../mount.ts';
import { page } from '../page.ts';
import { me, remember, remembered } from '../session.ts';
import { openAuto } from './annotation-auto.ts';
import { askComplete, askConflict, askDone, askDrop, askReturn } from './annotation-dialogs.ts';
import { workKeys } from './annotation-keys.ts';
import { manageLabels } from './annotation-labels.ts';
import { keepLook, keptLook, openLook } from './annotation-look.ts';
import { WORK } from './annotation-work.ts';

const SAVE_ICONS: { [state in SaveState]: string } = {
  saved: 'circle-check',
  waiting: 'cloud-upload',
  sending: 'cloud-upload',
  unsent: 'cloud-alert',
  conflict: 'triangle-alert',
  refused: 'lock',
};
const FIRST_TOOL: { [mode in Mode]: ToolName } = { whole: 'pan', box: 'box', polygon: 'polygon', pixel: 'brush' };
const PRESENCE_MS = 20_000;
/** Of a picture of pixels, the time without a stroke after which it is handed over. */
const SETTLE_MS = 200;
/** Pictures whose drawing, and with it the way back, is kept. */
const KEPT_SESSIONS = 40;

export default page({
  title: 'work.title',
  help: {
    ko: `# 라벨링 화면
왼쪽에서 이미지를 고르고, 가운데에서 표시하고, 오른쪽에서 라벨을 정합니다. 바꾼 내용은 1초 안에 저절로 저장됩니다.
# 분류
- 라벨을 누르거나 단축키를 누르면 다음 이미지로 넘어갑니다. 같은 라벨을 다시 누르면 해제됩니다.
# 박스
- 마우스 왼쪽 버튼을 누른 채 끌면 박스가 생깁니다. 파란 점을 끌면 크기가, 테두리를 끌면 위치가 바뀝니다.
# 폴리곤
- 경계점을 차례로 누르고 시작점을 다시 누르거나 Enter를 누르면 완성됩니다. Esc를 누르면 취소됩니다.
- 경계점을 끌어 옮기고, 선 위를 누르면 새 경계점이 생깁니다.
# 확대와 이동
- 휠이나 두 손가락으로 확대하고, 스페이스를 누른 채 끌거나 두 손가락으로 움직입니다.
# 단축키
물음표(?)를 누르면 모든 단축키를 볼 수 있습니다.`,
    en: `# The work screen
Choose a picture at the left, mark in the middle, choose labels at the right. Changes save themselves within a second.
# Classification
- Press a label or its key; the next picture comes by itself. The same label again takes it away.
# Boxes
- Drag with the left button to make one. Blue points change the size, the border moves it.
# Polygons
- Click the corners one after another; click the first again or press Enter to close, Esc to give up.
- Drag corners to move them; press on a line for a new corner.
# Zoom and pan
- Zoom with the wheel or two fingers; pan with the space bar held down or two fingers.
# Keys
Press ? for all of them.`,
  },
  template: WORK,
  component: (route) => {
    const taskId = Number(route.params.id);
    const base = `/api/annotation/tasks/${taskId}`;
    const tab = crypto.randomUUID();
    const mine = new Set<string>();
    const loader = new Loader(taskId);
    const sessions = new Map<number, Session>();
    let stage: Stage | null = null;
    let films: Filmstrip | null = null;
    let shapes: ShapeList | null = null;
    let grid: ClassGrid | null = null;
    let saver: Saver | null = null;
    let index: TaskIndex | null = null;
    let list = new Uint32Array();
    let session: Session | null = null;
    let items: readonly Item[] = [];
    let parts: ReadonlySet<number> | null = null;
    let keys = new AbortController();
    let turn = 0;
    let off = () => {};
    let settling = 0;
    const savedAs = new Map<number, number>();

    return component({
      task: null as AnnotationTask | null,
      classes: [] as AnnotationClass[],
      classesRevision: 0,
      mode: 'whole' as Mode,
      filter: 'all' as Filter,
      unsure: false,
      ranked: false,
      place: -1,
      length: 0,
      counts: { total: 0, done: 0, deleted: 0, returned: 0, fixed: 0, proposed: 0 },
      current: null as AnnotatedPicture | null,
      problem: null as unknown,
      loading: true,
      tool: 'select' as ToolName,
      look: { shapes: true, names: false, crosshair: true, opacity: 0.25, brightness: 1, contrast: 1 } as Appearance,
      brush: 12,
      zoom: '',
      at: '',
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
      busy: false,

      async init(): Promise<void> {
        const refs = (this as unknown as { $refs: Record<string, HTMLElement> }).$refs;
        this.look = keptLook(this.look);
        try {
          const [task, classes, picture] = await Promise.all([
            api.get<AnnotationTask>(base, undefined, route.signal),
            api.get<AnnotationClasses>(`${base}/classes`, undefined, route.signal),
            api.get<AnnotationIndex>(`${base}/index`, undefined, route.signal),
          ]);
          this.mode = modeOf(task.model);
          this.takeTask(task);
          this.takeClasses(classes);
          index = new TaskIndex(picture);
        } catch (error) {
          if (!wasAborted(error)) this.problem = error;
          this.loading = false;
          return;
        }
        keepPlace(route.signal, () => [{ text: t('work.title'), to: '/annotations' }, { text: this.title() }]);
        stage = new Stage(refs.stage as HTMLElement, {
          colour: (label) => this.colourOf(label),
          name: (label) => this.nameOf(label),
          label: () => this.label,
          locked: () => !this.editable(),
          selected: (ids) => this.nowSelected(ids),
          say: (notice) => toast('info', t(`work.say.${notice}`)),
          viewed: (scale) => {
            this.zoom = `${Math.round(scale * 100)} %`;
          },
          pointed: (at, extent) => {
            this.at = extent ? t('work.extent', { w: Math.round(extent.width), h: Math.round(extent.height) }) : at ? `${at.x}, ${at.y}` : '';
          },
        });
        stage.appearance = this.look;
        this.use(FIRST_TOOL[this.mode]);
        films = new Filmstrip(refs.films as HTMLElement, {
          taskId,
          index: () => index,
          list: () => list,
          open: (place) => void this.openAt(place),
          mark: (n) => void this.markDelete(n),
          editable: (n) => this.mayEdit(n),
        });
        shapes = new ShapeList(refs.shapes as HTMLElement, {
          items: () => items,
          selected: () => new Set(this.selected),
          colour: (label) => this.colourOf(label),
          name: (label) => this.nameOf(label),
          editable: () => this.editable(),
          hidden: (id) => stage?.hidden(id) ?? false,
          choose: (id, more) => stage?.select(more ? [...new Set([...this.selected, id])] : [id], true),
          label: (id, anchor) => this.chooseLabel(id, anchor),
          remove: (id) => session?.drawing.remove([id]),
          hide: (id) => {
            stage?.hide([id], !stage.hidden(id));
            shapes?.refresh();
          },
          accept: (id) => session?.accept(session.proposals().filter((item) => item.id === id)),
        });
        const store: UnsentStore | null = await openUnsent(me.user?.id ?? 0).catch(() => null);
        if (route.signal.aborted) return;
        saver = new Saver({
          taskId,
          store,
          send: (n, save) => this.send(n, save),
          changed: () => this.saverChanged(),
          saved: (n, reply, shapes) => this.saved(n, reply, shapes),
          conflict: (n, current) => void this.conflict(n, current),
          refused: (n, error) => this.refused(n, error),
          newId: () => {
            const id = crypto.randomUUID();
            mine.add(id);
            return id;
          },
        });
        const left = await saver.restore();
        if (left.length) toast('info', t('work.restored', { n: left.length }));
        this.follow();
        this.bind();
        this.loading = false;
        const wanted = Number(route.query.get('n') ?? 0) - 1;
        const first = wanted >= 0 ? wanted : Number(remembered(`annotate.${taskId}`) ?? -1);
        this.refilter(first);
      },

      /** What others do meanwhile, and what is to be ended with the page. */
      follow() {
        onChange('annotation', { signal: route.signal }, (id, record) => {
          if (id !== taskId) return;
          if (record) this.takeTask(record);
          else this.problem = t('work.gone');
        });
        onResync(route.signal, () => {
          void this.reloadIndex();
          saver?.flush();
        });
        watchTask(taskId, { signal: route.signal, onMessage: (message) => this.heard(message) });
        const presence = setInterval(() => void this.tellPresence(), PRESENCE_MS);
        const hide = () => {
          if (!document.hidden) return;
          this.settle();
          saver?.flush();
        };
        document.addEventListener('visibilitychange', hide);
        addEventListener('online', () => saver?.flush(), { signal: route.signal });
        route.guard(() => ['unsent', 'conflict', 'waiting', 'sending'].includes(this.saveState));
        route.signal.addEventListener('abort', () => {
          clearInterval(presence);
          this.settle();
          document.removeEventListener('visibilitychange', hide);
          saver?.flush();
          saver?.end();
          keys.abort();
          off();
          stage?.end();
          films?.end();
          shapes?.end();
          grid?.end();
          loader.end();
          void api.put(`${base}/presence`, { n: null, tab }).catch(() => {});
        });
      },

      // -------------------------------------------------------------- task and classes

      takeTask(task: AnnotationTask) {
        this.task = task;
        // An annotator works on the own parts; the reviewer sees all of them.
        const own = task.parts.filter((part) => part.userId === me.user?.id).map((part) => part.id);
        const before = parts;
        parts = task.actions.includes('review') || !own.length ? null : new Set(own);
        if (task.classesRevision > this.classesRevision && this.classesRevision) void this.reloadClasses();
        if (before !== parts && index && before?.size !== parts?.size) this.refilter();
        else films?.refresh();
      },
      takeClasses({ revision, classes }: AnnotationClasses) {
        this.classesRevision = revision;
        this.classes = classes;
        if (!classes.some((one) => one.id === this.label)) this.label = classes[0]?.id ?? 0;
        stage?.recolour();
        shapes?.refresh();
        grid?.refresh();
        if (stage) this.bind();
      },
      async reloadClasses() {
        const before = new Set(this.classes.map((one) => one.id));
        const next = await api.get<AnnotationClasses>(`${base}/classes`, undefined, route.signal).catch(() => null);
        if (!next) return;
        this.takeClasses(next);
        for (const one of next.classes) before.delete(one.id);
        // Shapes of a deleted class have moved or gone: what is shown is fetched anew.
        if (before.size) await this.reloadIndex(true);
      },
      async reloadIndex(pictures = false) {
        const next = await api.get<AnnotationIndex>(`${base}/index`, undefined, route.signal).catch(() => null);
        if (!next) return;
        index = new TaskIndex(next);
        if (pictures) {
          sessions.clear();
          loader.forgetLabels(session?.n);
        }
        const n = session?.n ?? -1;
        this.count();
        this.relist(n);
        if (pictures && n >= 0 && !saver?.unsaved(n)) {
          loader.stale(n);
          await this.openAt(this.place);
        }
      },
      may(action: AnnotationAction) {
        return this.task?.actions.includes(action) ?? false;
      },
      mayEdit(n: number) {
        return this.may('annotate') && index !== null && (!parts || parts.has(index.at(n).part));
      },
      editable() {
        return this.current !== null && this.current.lockedBy === null && this.may('annotate');
      },
      colourOf(label: number) {
        return this.classes.find((one) => one.id === label)?.colour ?? NO_CLASS;
      },
      nameOf(label: number) {
        return this.classes.find((one) => one.id === label)?.name ?? t('work.select-label');
      },
      key: (one: AnnotationClass) => one.hotKey?.toUpperCase() ?? '',
      title() {
        return this.task ? `${this.task.datasetName} v${this.task.datasetVersion}` : '';
      },
      progress() {
        const { total, done, deleted } = this.counts;
        return { phase: 'annotate', done: done + deleted, total, rate: null, remainingSeconds: null };
      },
      countText() {
        const { total, done, deleted } = this.counts;
        return t('work.count', { done: done + deleted, total });
      },
      count() {
        if (!index) return;
        this.counts = index.counts(parts);
        this.ranked = index.ranked;
      },

      // -------------------------------------------------------------- list of pictures

      filters(): Filter[] {
        const all: Filter[] = ['all', 'todo', 'done', 'delete', 'returned', 'fixed', 'open', 'proposed'];
        return all.filter((one) => {
          if (one === this.filter || one === 'all' || one === 'todo' || one === 'done') return true;
          if (one === 'open') return this.may('review');
          return this.filterCount(one) > 0;
        });
      },
      filterCount(filter: Filter) {
        const { total, done, deleted, returned, fixed, proposed } = this.counts;
        return { all: total, todo: total - done - deleted, done, delete: deleted, returned, fixed, proposed, open: done }[filter];
      },
      filterText(filter: Filter) {
        return filter === 'open' ? t('work.filter.open') : t('work.filter.count', { name: t(`work.filter.${filter}`), n: this.filterCount(filter) });
      },
      placeText() {
        return this.length ? t('work.place', { at: this.place + 1, of: this.length }) : '';
      },
      /** The list by the present filter; the picture that was open stays open where it is still in it. */
      refilter(first?: number) {
        this.count();
        this.relist(first ?? session?.n ?? -1, true);
      },
      relist(n: number, open = false) {
        if (!index) return;
        list = index.list({ filter: this.filter, parts, unsure: this.unsure }) as Uint32Array<ArrayBuffer>;
        this.length = list.length;
        films?.reload();
        grid?.reload();
        let place = list.indexOf(n);
        if (place < 0 && open) place = this.filter === 'all' && n < 0 ? Math.max(0, index.nextTodo(list, -1)) : 0;
        if (!list.length) this.place = -1;
        else if (open) void this.openAt(place);
        else if (place >= 0) {
          this.place = place;
          films?.goto(place);
        }
      },
      showAll() {
        this.filter = 'all';
        this.refilter();
      },
      nothingHere() {
        return !this.loading && !this.problem && this.length === 0;
      },
      start() {
        return !this.loading && !this.problem && this.length > 0 && !this.classes.length;
      },

      async openAt(place: number) {
        const n = list[place];
        if (n === undefined || !stage) return;
        const now = ++turn;
        this.place = place;
        films?.goto(place);
        try {
          const { picture, labels: first } = await loader.open(n);
          let labels = first;
          if (labels.revision < (savedAs.get(n) ?? 0)) {
            // Saved while it was on the way.
            loader.stale(n);
            labels = await loader.labels(n);
          }
          if (now !== turn || route.signal.aborted || !stage) return;
          this.problem = null;
          let next = sessions.get(n);
          // Where the daemon has something newer, the drawing of an earlier visit is not true any more.
          if (!next || (next.revision < labels.revision && !saver?.unsaved(n))) next = new Session(labels, this.mode, saver?.unsaved(n) ?? null);
          else if (labels.revision >= next.revision) next.server = labels;
          sessions.delete(n);
          sessions.set(n, next);
          for (const old of sessions.keys()) if (sessions.size > KEPT_SESSIONS && old !== n) sessions.delete(old);
          this.take(next);
          stage.show({ picture, drawing: next.drawing }, true);
          const shown = next;
          void loader.sharpen(n, picture).then((sharp) => session === shown && stage?.sharpened(sharp));
          loader.prefetch([list[place + 1], list[place + 2], list[place - 1]].filter((one) => one !== undefined));
        } catch (error) {
          if (now !== turn || wasAborted(error)) return;
          this.problem = error;
          return;
        }
        remember(`annotate.${taskId}`, String(n));
        history.replaceState(history.state, '', `${location.pathname}?n=${n + 1}`);
        void this.tellPresence();
      },
      /** The picture whose drawing is on the canvas from now on. */
      take(next: Session) {
        this.settle();
        off();
        session = next;
        off = next.drawing.onStep(() => this.stepped());
        this.current = next.server;
        this.others = next.server.openBy;
        this.deleted = next.deleted;
        this.selected = [];
        this.refresh();
      },
      /** What the panel shows of the drawing. */
      refresh() {
        if (!session) return;
        const { drawing } = session;
        items = drawing.list();
        this.proposals = session.proposals().length;
        this.shapeCount = items.length - this.proposals;
        this.hasShapes = this.mode === 'pixel' ? session.state() === 'done' && !session.nothing : this.shapeCount > 0;
        this.empty = session.nothing;
        this.pictureLabel = session.label;
        this.canUndo = drawing.canUndo;
        this.canRedo = drawing.canRedo;
        if (shapes && this.mode !== 'whole') {
          shapes.reload();
        }
      },
      stepped() {
        if (!session) return;
        if (session.shapes().length) session.nothing = false;
        this.refresh();
        if (this.mode !== 'pixel') {
          this.keep();
          return;
        }
        // Run lengths of a large picture take their time: not between two strokes.
        clearTimeout(settling);
        settling = window.setTimeout(() => this.settle(), SETTLE_MS);
        this.saverChanged();
      },
      /** Hands over what a stroke has changed, if that has not happened yet. */
      settle() {
        if (!settling) return;
        clearTimeout(settling);
        settling = 0;
        this.keep();
      },
      /** Hands what has changed to the saver, and shows its state in the list at once. */
      keep() {
        if (!session || !index || !saver) return;
        const body = session.body();
        saver.change(session.n, body, session.revision, session.server.shapes);
        index.set(session.n, { state: body.state, label: body.label ?? null });
        films?.refresh();
        this.count();
      },
      nowSelected(ids: readonly number[]) {
        this.selected = [...ids];
        shapes?.refresh();
        const [only] = ids;
        if (ids.length === 1 && only !== undefined) {
          shapes?.show(only);
          const label = session?.drawing.get(only)?.shape.label;
          if (label) this.label = label;
        }
      },

      go(by: number) {
        if (this.grid || !list.length) return;
        const to = this.place + by;
        if (to >= 0 && to < list.length) void this.openAt(to);
        else if (by > 0) toast('info', t(this.filterCount('todo') ? 'work.end.more' : 'work.end'));
      },
      nextTodo() {
        const to = index ? index.nextTodo(list, this.place) : -1;
        if (to >= 0) void this.openAt(to);
        else toast('success', t('work.all-done'));
      },

      // -------------------------------------------------------------- labels and shapes

      picked(label: number) {
        if (this.grid) return false;
        if (this.mode === 'whole') return this.pictureLabel === label;
        const [only] = this.selected;
        const item = this.selected.length === 1 && only !== undefined ? session?.drawing.get(only) : undefined;
        return item ? item.shape.label === label : this.label === label;
      },
      pick(label: number) {
        if (this.grid) {
          grid?.label(label);
          return;
        }
        if (!session || !this.editable()) return;
        if (this.mode === 'whole') {
          const place = this.place;
          session.choose(label);
          if (this.advance && session.label) setTimeout(() => this.place === place && this.place + 1 < list.length && this.go(1), 120);
          return;
        }
        this.label = label;
        if (this.selected.length && label) this.relabel(this.selected, label);
      },
      relabel(ids: readonly number[], label: number) {
        session?.drawing.change(
          ids.flatMap((id) => {
            const item = session?.drawing.get(id);
            // The manual: the same label again takes it away.
            const next = item?.shape.label === label && ids.length === 1 ? 0 : label;
            return item ? [{ id, shape: { ...item.shape, label: next } as Shape }] : [];
          }),
        );
      },
      chooseLabel(id: number, anchor: HTMLElement) {
        const now = session?.drawing.get(id)?.shape.label;
        stage?.select([id], true);
        openMenu(
          anchor,
          this.classes.map((one) => ({ text: one.name, checked: one.id === now, run: () => this.relabel([id], one.id) })),
        );
      },
      proposedScore(label: number) {
        if (this.mode !== 'whole' || !this.proposals) return '';
        const item = session?.proposals().find((one) => one.shape.label === label);
        return item ? `${Math.round((item.proposed ?? 0) * 100)} %` : '';
      },
      wholeProposal() {
        const item = this.proposals ? session?.proposals()[0] : null;
        return item ? t('work.proposal', { name: this.nameOf(item.shape.label), score: Math.round((item.proposed ?? 0) * 100) }) : '';
      },
      acceptAbove() {
        if (!session || !this.editable()) return;
        const least = this.mode === 'whole' ? 0 : this.above / 100;
        session.accept(session.proposals().filter((item) => (item.proposed ?? 0) >= least));
      },
      async rejectAll() {
        if (!session) return;
        session.drawing.remove(session.proposals().map((item) => item.id));
        await api.post(`${base}/proposals/reject`, { pictures: [session.n] }).catch(toastError);
      },
      remove() {
        stage?.remove();
      },
      setNothing(nothing: boolean) {
        if (!session || !this.editable()) return;
        session.nothing = nothing;
        this.refresh();
        this.keep();
      },
      toggleDelete() {
        if (session && this.editable()) void this.markDelete(session.n);
      },
      async markDelete(n: number) {
        if (!index || !saver) return;
        let of = sessions.get(n);
        if (!of) {
          try {
            of = new Session(await loader.labels(n), this.mode, saver.unsaved(n));
          } catch (error) {
            toastError(error);
            return;
          }
          sessions.set(n, of);
        }
        if (of.server.lockedBy) {
          toast('info', textOf(`work.locked.${of.server.lockedBy}`) ?? t('work.locked'));
          return;
        }
        of.deleted = !of.deleted;
        const body = of.body();
        saver.change(n, body, of.revision, of.server.shapes);
        index.set(n, { state: body.state });
        if (session?.n === n) this.deleted = of.deleted;
        films?.refresh();
        this.count();
      },
      /** Takes the shapes of this picture over to the next one. */
      async copyOn() {
        const from = session;
        if (!from || this.place + 1 >= list.length) return;
        const chosen = this.selected.length ? from.shapes().filter((item) => this.selected.includes(item.id)) : from.shapes();
        const copies = chosen.map((item) => structuredClone(item.shape));
        await this.openAt(this.place + 1);
        if (!session || session === from || !this.editable()) return;
        const { width, height } = session.drawing.size;
        const fit = copies.flatMap((shape) => {
          const moved = movedShape(shape, 0, 0, { width, height });
          return moved ? [moved] : [];
        });
        stage?.select(session.drawing.add(fit).map((item) => item.id));
        toast('success', t('work.copied', { n: fit.length }));
      },

      use(tool: ToolName) {
        this.tool = tool;
        stage?.use(tool);
      },
      setBrush() {
        if (stage) stage.brush = this.brush / 2;
      },
      zoomBy: (factor: number) => stage?.zoom(factor),
      fit: () => stage?.reset(),
      undo: () => stage?.undo(),
      redo: () => stage?.redo(),
      toggle(what: 'shapes' | 'names' | 'crosshair') {
        this.setLook({ ...this.look, [what]: !this.look[what] });
      },
      setLook(look: Appearance) {
        this.look = look;
        if (stage) stage.appearance = look;
        keepLook(look);
      },
      openLook(anchor: HTMLElement) {
        openLook(anchor, this.look, (next) => this.setLook(next));
      },
      keepAdvance() {
        remember('annotate.advance', this.advance ? null : 'off');
      },
      pictureName() {
        return this.current?.name ?? '';
      },
      othersText() {
        return t('work.others', { names: this.others.map((one) => one.name).join(', ') });
      },
      /** Why nothing can be changed here, or what the reviewer has said. */
      note() {
        const { current } = this;
        if (!current) return '';
        if (current.lockedBy) return textOf(`work.locked.${current.lockedBy}`) ?? t('work.locked');
        if (current.review === 'returned') return current.comment ? t('work.returned.comment', { text: current.comment }) : t('work.returned');
        return '';
      },
      noteIcon() {
        return this.current?.lockedBy ? 'lock' : 'message-square';
      },

      // -------------------------------------------------------------- grid of classification

      toggleGrid() {
        if (this.mode !== 'whole') return;
        this.grid = !this.grid;
        if (!this.grid) {
          grid?.end();
          grid = null;
          void this.openAt(this.place);
          return;
        }
        saver?.flush();
        grid = new ClassGrid((this as unknown as { $refs: Record<string, HTMLElement> }).$refs.grid as HTMLElement, {
          base,
          index: () => index,
          list: () => list,
          editable: (n) => this.mayEdit(n),
          name: (label) => (label ? this.nameOf(label) : ''),
          colour: (label) => this.colourOf(label),
          revision: async (n) => (await loader.labels(n)).revision,
          selected: (size) => {
            this.gridCount = size;
          },
          open: (place) => {
            this.place = place;
            this.toggleGrid();
          },
          saved: (reply, label) => this.gridSaved(reply, label),
          failed: toastError,
        });
      },
      gridSaved(reply: LabelledMany, to: { state: 'todo' | 'done' | 'delete'; label?: number }) {
        for (const { n } of reply.saved) {
          index?.set(n, { state: to.state, ...(to.label === undefined ? {} : { label: to.label }) });
          loader.stale(n);
          sessions.delete(n);
        }
        if (reply.refused.length) toast('error', t('work.grid.refused', { n: reply.refused.length }));
        films?.refresh();
        grid?.refresh();
        this.count();
      },
      gridAll: () => grid?.selectAll(),
      gridNone: () => grid?.clear(),
      gridDelete: () => grid?.mark(),

      // -------------------------------------------------------------- saving

      async send(n: number, save: PictureSave): Promise<Answer> {
        try {
          return { kind: 'saved', reply: await api.put<PictureSaved>(`${base}/pictures/${n}`, save) };
        } catch (error) {
          if (!(error instanceof ApiError)) return { kind: 'failed' };
          const current = (error.body as { current?: AnnotatedPicture } | undefined)?.current;
          if (error.status === 409 && current) return { kind: 'conflict', current };
          // An ended session comes back after signing in; a busy or absent daemon comes back by itself.
          if (error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500) return { kind: 'failed' };
          return { kind: 'refused', error };
        }
      },
      saverChanged() {
        if (!saver) return;
        this.saveState = settling && saver.overall === 'saved' ? 'waiting' : saver.overall;
        this.unsentCount = saver.count;
      },
      saved(n: number, reply: PictureSaved, shapes: readonly AnnotationShape[] | null) {
        const of = sessions.get(n);
        savedAs.set(n, reply.revision);
        loader.stale(n);
        index?.set(n, { ...(saver?.unsaved(n) ? {} : { state: reply.state }), review: reply.review });
        films?.refresh();
        this.count();
        if (!of) return;
        of.server = {
          ...of.server,
          revision: reply.revision,
          ...(shapes ? { shapes: [...shapes] } : {}),
          state: reply.state,
          review: reply.review,
          by: me.user?.name ?? null,
          at: new Date().toISOString(),
        };
        if (session === of) this.current = of.server;
      },
      async conflict(n: number, current: AnnotatedPicture) {
        const of = sessions.get(n);
        const choice = await askConflict({ current, mine: saver?.unsaved(n) ?? null, mode: this.mode, classes: this.classes });
        if (!choice || !saver) return;
        saver.resolve(n, choice, current.revision);
        if (choice === 'mine') {
          if (of) of.server = current;
          if (session === of && of) this.current = current;
          return;
        }
        sessions.delete(n);
        loader.stale(n);
        index?.set(n, { state: current.state, review: current.review, label: current.label });
        this.count();
        films?.refresh();
        if (session?.n === n) await this.openAt(this.place);
      },
      refused(n: number, error: unknown) {
        if (error instanceof ApiError) toast('error', t('work.refused', { n: n + 1, reason: error.message }), { details: error.details });
        else toastError(error);
      },
      saveNow() {
        this.settle();
        saver?.flush();
        if (this.saveState === 'saved') toast('success', t('work.saved.all'));
      },
      saveIcon() {
        return SAVE_ICONS[this.saveState];
      },
      saveText() {
        return t(`work.save.${this.saveState}`, { n: this.unsentCount });
      },
      async explainSave(anchor: HTMLElement) {
        const [first] = saver?.numbers('conflict') ?? [];
        if (first !== undefined) {
          const current = await api.get<AnnotatedPicture>(`${base}/pictures/${first}`).catch(() => null);
          if (current) void this.conflict(first, current);
          return;
        }
        const refused = saver?.numbers('refused') ?? [];
        if (refused.length) {
          if (await askDrop(refused.length)) {
            for (const n of refused) {
              saver?.drop(n);
              sessions.delete(n);
            }
            loader.forgetLabels();
            await this.openAt(this.place);
          }
          return;
        }
        const note = document.createElement('div');
        note.className = 'hint-note';
        note.setAttribute('role', 'status');
        note.textContent = t(this.saveState === 'unsent' ? 'work.save.explain.unsent' : 'work.save.explain');
        float(anchor, note);
      },

      // -------------------------------------------------------------- others

      heard(message: AnnotationMessage) {
        switch (message.type) {
          case 'picture': {
            if (message.saveId && mine.has(message.saveId)) return;
            index?.set(message.n, { state: message.state, review: message.review, label: message.label, part: message.partId });
            loader.stale(message.n);
            films?.refresh();
            grid?.refresh();
            this.count();
            if (session?.n !== message.n || message.revision <= session.revision || saver?.unsaved(message.n)) return;
            void this.renewed(message.n, message.by);
            return;
          }
          case 'presence':
            if (session?.n === message.n) this.others = message.people.filter((one) => one.id !== me.user?.id);
            return;
          case 'classes':
            if (message.revision > this.classesRevision) void this.reloadClasses();
            return;
          case 'index':
            void this.reloadIndex(true);
            return;
          case 'auto':
            if (message.job?.state === 'succeeded') void this.reloadIndex(true);
            return;
        }
      },
      /** Somebody else has saved the picture that is open: the newer state is shown, unless it cannot be had just now. */
      async renewed(n: number, by: string) {
        try {
          await loader.labels(n);
        } catch {
          return;
        }
        if (session?.n !== n || saver?.unsaved(n)) return;
        toast('info', t('work.newer', { name: by }));
        await this.openAt(this.place);
      },
      async tellPresence() {
        if (document.hidden || !session || this.task?.status !== 'working') return;
        const reply = await api.put<{ others: { id: number; name: string }[] }>(`${base}/presence`, { n: session.n, tab }).catch(() => null);
        if (reply) this.others = reply.others;
      },

      // -------------------------------------------------------------- labels dialog, auto annotation, states

      async manage() {
        if (!this.may('classes')) return;
        await manageLabels({ base, classes: this.classes, unit: this.mode === 'whole' ? 'pictures' : 'shapes' }, (next) => this.takeClasses(next));
        await this.reloadClasses();
      },
      async auto() {
        saver?.flush();
        const selected = this.grid ? [...(grid?.chosen ?? [])] : session ? [session.n] : [];
        await openAuto({ base, signal: route.signal, pictures: selected, classes: this.classes, accepted: () => void this.reloadIndex(true) });
      },
      /** The reviewer has nobody to tell. */
      finishPart() {
        if (this.may('review')) return false;
        return this.task?.parts.some((part) => part.userId === me.user?.id && (part.status === 'working' || part.status === 'returned')) ?? false;
      },
      async tellDone() {
        const own = this.task?.parts.find((part) => part.userId === me.user?.id && (part.status === 'working' || part.status === 'returned'));
        if (!own || !index) return;
        // The task's own figures come a moment later.
        const { total, done, deleted } = index.counts(new Set([own.id]));
        const choice = await askDone(total - done - deleted, this.task?.reviewerName ?? '');
        if (choice === 'see') this.nextTodo();
        else if (choice === 'yes') await this.act(`/parts/${own.id}/done`, t('work.done.said'));
      },
      async complete() {
        const { total, done, deleted } = this.counts;
        const choice = await askComplete(total - done - deleted, done, deleted);
        if (choice === 'see') this.nextTodo();
        else if (choice === 'yes') await this.act('/complete', t('work.complete.said'));
      },
      async act(path: string, said: string) {
        this.busy = true;
        saver?.flush();
        try {
          this.takeTask(await api.post<AnnotationTask>(base + path));
          toast('success', said);
          sessions.clear();
          loader.forgetLabels();
          await this.openAt(this.place);
        } catch (error) {
          toastError(error);
        } finally {
          this.busy = false;
        }
      },
      reviewable() {
        return this.current?.state === 'done' && saver?.state(this.current.n) === 'saved';
      },
      reviewText() {
        const { current } = this;
        if (!current || !index) return '';
        const part = this.task?.parts.find((one) => one.id === current.partId);
        return t('work.review', { name: part?.userName || t('work.pool'), state: t(`work.review.${current.review}`) });
      },
      async review(verdict: 'accept' | 'return') {
        if (!session || !this.reviewable()) return;
        const { n } = session;
        let comment: string | undefined;
        if (verdict === 'return') {
          comment = await askReturn();
          if (comment === undefined) return;
        }
        try {
          const reply = await api.post<LabelledMany>(`${base}/review`, { verdict, pictures: [n], ...(comment === undefined ? {} : { comment }) });
          const [refused] = reply.refused;
          if (refused) {
            toast('error', textOf(`work.locked.${refused.code}`) ?? t('work.review.refused'));
            return;
          }
          index?.set(n, { review: verdict === 'accept' ? 'accepted' : 'returned' });
          sessions.delete(n);
          loader.stale(n);
          films?.refresh();
          this.count();
          if (this.place + 1 < list.length) this.go(1);
          else await this.openAt(this.place);
        } catch (error) {
          toastError(error);
        }
      },

      // -------------------------------------------------------------- keys

      bind() {
        keys.abort();
        keys = new AbortController();
        bindKeys(keys.signal, workKeys(this));
      },
      enter(event: KeyboardEvent) {
        // A button that has the focus is pressed by Enter.
        const on = (event.target as Element).closest<HTMLElement>('button, a');
        if (on) on.click();
        else if (this.mode !== 'whole') stage?.finish();
        else if (this.proposals) this.acceptAbove();
      },
      selectAll: () => stage?.select(items.map((item) => item.id)),
      cancel: () => {
        stage?.cancel();
      },
      arrow(event: KeyboardEvent, dx: number, dy: number) {
        const shaped = this.mode === 'box' || this.mode === 'polygon';
        if (this.grid) return;
        if (shaped && this.selected.length) stage?.nudge(dx * (event.shiftKey ? 10 : 1), dy * (event.shiftKey ? 10 : 1), movedShape);
        else if (dx) this.go(dx);
      },
      cycle(by: number) {
        if (!items.length) return;
        const now = items.findIndex((item) => item.id === this.selected[0]);
        const next = items[(now + by + items.length) % items.length];
        if (next) stage?.select([next.id], true);
      },
      resizeBrush(by: number) {
        this.brush = Math.max(1, Math.min(200, this.brush + by));
        this.setBrush();
      },
    });
  },
});
