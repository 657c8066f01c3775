/** The work screen of annotation: the pictures of a task, the canvas, the tagging panel. What is done here is saved by itself. */
import type { AnnotationClasses, AnnotationIndex, AnnotationTask } from '../../server/http/annotation-schemas.ts';
import { Filmstrip } from '../annotate/filmstrip.ts';
import { Saver } from '../annotate/saving.ts';
import { type Mode, modeOf } from '../annotate/session.ts';
import { ShapeList } from '../annotate/shape-list.ts';
import { Stage } from '../annotate/stage.ts';
import { TaskIndex } from '../annotate/task-index.ts';
import type { ToolName } from '../annotate/tool.ts';
import { openUnsent, type UnsentStore } from '../annotate/unsent.ts';
import { api, wasAborted } from '../api.ts';
import { bindKeys } from '../components/keys.ts';
import { toast } from '../components/toast.ts';
import { effect } from '../effect.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/annotation.ts';
import { type Said, t } from '../i18n/language.ts';
import { onChange, onResync, watchTask } from '../live/events.ts';
import { component } from '../mount.ts';
import { page } from '../page.ts';
import { me, remembered } from '../session.ts';
import { drawingPart } from './annotation-drawing.ts';
import { gridPart } from './annotation-grid.ts';
import { workKeys } from './annotation-keys.ts';
import { keptLook } from './annotation-look.ts';
import { othersPart } from './annotation-others.ts';
import { picturesPart } from './annotation-pictures.ts';
import { plainState, Room, type Work } from './annotation-room.ts';
import { savingPart } from './annotation-saving.ts';
import { taggingPart } from './annotation-tagging.ts';
import { taskPart } from './annotation-task.ts';
import { WORK } from './annotation-work.ts';

const FIRST_TOOL: { [mode in Mode]: ToolName } = { whole: 'pan', box: 'box', polygon: 'polygon', pixel: 'brush' };
const PRESENCE_MS = 20_000;

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
    const room = new Room(route);
    const screen = component({
      ...plainState(),
      ...taskPart(room),
      ...picturesPart(room),
      ...drawingPart(room),
      ...taggingPart(room),
      ...gridPart(room),
      ...savingPart(room),
      ...othersPart(room),

      async init(): Promise<void> {
        this.look = keptLook(this.look);
        try {
          const [task, classes, picture] = await Promise.all([
            api.get<AnnotationTask>(room.base, undefined, route.signal),
            api.get<AnnotationClasses>(`${room.base}/classes`, undefined, route.signal),
            api.get<AnnotationIndex>(`${room.base}/index`, undefined, route.signal),
          ]);
          this.mode = modeOf(task.model);
          this.takeTask(task);
          this.takeClasses(classes);
          room.index = new TaskIndex(picture);
        } catch (error) {
          if (!wasAborted(error)) this.problem = error;
          this.loading = false;
          return;
        }
        keepPlace(route.signal, () => [{ text: t('work.title'), to: '/annotations' }, { text: this.title() }]);
        room.stage = new Stage(this.$refs.stage as HTMLElement, {
          colour: (label) => this.colourOf(label),
          name: (label) => this.nameOf(label),
          label: () => this.label,
          locked: () => !this.editable(),
          selected: (ids) => this.nowSelected(ids),
          drawing: (points) => {
            this.points = points;
          },
          say: (notice) => toast('info', t(`work.say.${notice}`)),
          viewed: (scale) => {
            this.zoom = `${Math.round(scale * 100)} %`;
          },
          pointed: (at, extent) => {
            this.at = extent ? t('work.extent', { w: Math.round(extent.width), h: Math.round(extent.height) }) : at ? `${at.x}, ${at.y}` : '';
          },
        });
        room.stage.appearance = this.look;
        this.use(FIRST_TOOL[this.mode]);
        this.setBrush();
        room.films = new Filmstrip(this.$refs.films as HTMLElement, {
          taskId: room.taskId,
          index: () => room.index,
          list: () => room.list,
          open: (place) => void this.openAt(place),
          mark: (n) => void this.markDelete(n),
          editable: (n) => this.mayEdit(n),
        });
        room.shapes = new ShapeList(this.$refs.shapes as HTMLElement, {
          items: () => room.items,
          selected: () => room.stage?.chosen ?? new Set(),
          colour: (label) => this.colourOf(label),
          name: (label) => this.nameOf(label),
          editable: () => this.editable(),
          hidden: (id) => room.stage?.hidden(id) ?? false,
          choose: (id, more) => room.stage?.select(more ? [...new Set([...this.selected, id])] : [id], true),
          label: (id, anchor) => this.chooseLabel(id, anchor),
          remove: (id) => room.session?.drawing.remove([id]),
          hide: (id) => {
            room.stage?.hide([id], !room.stage.hidden(id));
            room.shapes?.refresh();
          },
          accept: (id) => room.session?.accept(room.session.proposals().filter((item) => item.id === id)),
        });
        const store: UnsentStore | null = await openUnsent(me.user?.id ?? 0, room.tab).catch(() => null);
        if (route.signal.aborted) return;
        room.saver = new Saver({
          taskId: room.taskId,
          store,
          send: (n, save) => this.send(n, save),
          changed: () => this.saverChanged(),
          saved: (n, reply, shapes) => this.saved(n, reply, shapes),
          conflict: (n, current) => void this.conflict(n, current),
          refused: (n, error) => this.refused(n, error),
          newId: () => {
            const id = crypto.randomUUID();
            room.mine.add(id);
            return id;
          },
        });
        const left = await room.saver.restore();
        if (left.length) toast('info', t('work.restored', { n: left.length }));
        this.follow();
        this.bind();
        this.loading = false;
        const wanted = Number(route.query.get('n') ?? 0) - 1;
        const first = wanted >= 0 ? wanted : Number(remembered(`annotate.${room.taskId}`) ?? -1);
        this.refilter(first);
      },

      /** What others do meanwhile, and what is to be ended with the page. */
      follow() {
        onChange('annotation', { signal: route.signal }, (id, record) => {
          if (id !== room.taskId) return;
          if (record) this.takeTask(record);
          else this.problem = { key: 'work.gone' } satisfies Said;
        });
        onResync(route.signal, () => void this.catchUp());
        watchTask(room.taskId, { signal: route.signal, onMessage: (message) => this.heard(message) });
        const presence = setInterval(() => void this.tellPresence(), PRESENCE_MS);
        const hide = () => {
          if (!document.hidden) return;
          this.settle();
          room.saver?.flush();
        };
        document.addEventListener('visibilitychange', hide);
        addEventListener('online', () => room.saver?.flush(), { signal: route.signal });
        route.guard(
          () => this.points > 0 || ['unsent', 'conflict', 'waiting', 'sending'].includes(this.saveState),
          async () => {
            this.settle();
            await room.saver?.rest(2000);
          },
        );
        // A session that had ended and was begun anew: what has waited for it goes out.
        const signedIn = effect(() => {
          if (me.session) room.saver?.flush();
        });
        route.signal.addEventListener('abort', signedIn);
        route.signal.addEventListener('abort', () => {
          clearInterval(presence);
          this.settle();
          document.removeEventListener('visibilitychange', hide);
          room.saver?.flush();
          room.saver?.end();
          room.keys.abort();
          room.off();
          room.stage?.end();
          room.films?.end();
          room.shapes?.end();
          room.grid?.end();
          room.loader.end();
          void api.put(`${room.base}/presence`, { n: null, tab: room.tab }).catch(() => {});
        });
      },

      bind() {
        room.keys.abort();
        room.keys = new AbortController();
        bindKeys(room.keys.signal, workKeys(this));
      },
    });
    return screen satisfies Work;
  },
});
