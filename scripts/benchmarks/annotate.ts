/**
 * Labelling together, over HTTP: how long a save takes until it is durable, and how long a task takes to open. A JSON line for each size of task: save_p50_ms,
 * save_p99_ms over --saves saves of one class, label_500_ms for 500 pictures at once, open_ms (index, first page and first picture, all labelled),
 * first_open_ms the same after a start of the daemon, start_ms that start. Then a line for each number of polygons (of 20 points) in one picture: of saves in
 * which one polygon was moved, as the browser sends them, body_kb, save_p50_ms and save_p99_ms; read_p50_ms of the picture after each; whole_p50_ms where all
 * polygons are sent.
 *
 *     ./scripts/bench annotate [--pictures 100,100000] [--saves 300]
 */
import { parseArgs } from 'node:util';
import type { AnnotatedPicture, AnnotationIndex, AnnotationShape, AnnotationTask, LabelledMany } from '../../server/http/annotation-schemas.ts';
import { AnnotationRoom, HEIGHT, WIDTH } from '../../server/studio/annotation/annotation.fixture.ts';

const { values } = parseArgs({ options: { pictures: { type: 'string', default: '100,100000' }, saves: { type: 'string', default: '300' } } });
const sizes = values.pictures.split(',').map(Number);
const saves = Number(values.saves);
const MANY = 500;

const rounded = (value: number) => Math.round(value * 100) / 100;
const at = (times: number[], share: number) => rounded([...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))]!);
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function polygons(count: number): AnnotationShape[] {
  return Array.from({ length: count }, (_, i) => {
    const [x, y, radius] = [5 + ((i * 7.3) % (WIDTH - 10)), 5 + ((i * 3.1) % (HEIGHT - 10)), 1 + (i % 4)];
    const outer = Array.from({ length: 20 }, (_, p) =>
      [x + radius * Math.cos((p * Math.PI) / 10), y + radius * Math.sin((p * Math.PI) / 10)].map(rounded),
    ).flat();
    return { kind: 'polygon', parts: [{ outer, holes: [] }], label: 1 + (i % 2) };
  });
}

const room = await AnnotationRoom.open();
try {
  for (const count of sizes) {
    const task = await room.task(`Task of ${count}`, { count, people: ['ann', 'ben'] });
    const path = `/api/annotation/tasks/${task.id}`;
    const client = () => room.client('dev');
    const many: number[] = [];
    for (let from = 0; from < count; from += MANY) {
      const pictures = Array.from({ length: Math.min(MANY, count - from) }, (_, i) => ({ n: from + i, base: 0 }));
      many.push(await timed(() => client().ok<LabelledMany>('POST', `${path}/label`, { pictures, state: 'done', label: 1 })));
    }
    const times: number[] = [];
    for (let i = 0; i < saves; i++) {
      const n = (i * 7919) % count;
      const { revision } = await client().ok<AnnotatedPicture>('GET', `${path}/pictures/${n}`);
      times.push(await timed(() => client().ok('PUT', `${path}/pictures/${n}`, { base: revision, state: 'done', label: 2 })));
    }
    const open = () =>
      timed(async () => {
        const [index] = await Promise.all([
          client().ok<AnnotationIndex>('GET', `${path}/index`),
          client().ok('GET', `${path}/pictures?limit=60`),
          client().ok('GET', `${path}/pictures/0`),
        ]);
        if (index.count !== count) throw new Error(`${index.count} pictures`);
      });
    const opens = [];
    for (let i = 0; i < 10; i++) opens.push(await open());
    const start = await timed(() => room.restart());
    const first = await open();
    const done = (await client().ok<AnnotationTask>('GET', path)).done;
    const line = { bench: 'annotate', pictures: count, labelled: done, save_p50_ms: at(times, 0.5), save_p99_ms: at(times, 0.99), label_500_ms: at(many, 0.5) };
    console.log(JSON.stringify({ ...line, open_ms: at(opens, 0.5), first_open_ms: rounded(first), start_ms: rounded(start) }));
  }

  const task = await room.task('Polygons', { model: 'instance_segmentation', count: 4, people: ['ann'] });
  for (const [n, count] of [20, 300, 3000].entries()) {
    const shapes = polygons(count);
    const path = `/api/annotation/tasks/${task.id}/pictures/${n}`;
    const [whole, times, reads]: number[][] = [[], [], []];
    let base = 0;
    let kb = 0;
    const put = async (content: object) => {
      const body = { base: base++, state: 'done', ...content };
      kb = JSON.stringify(body).length / 1024;
      return timed(() => room.client('ann').ok('PUT', path, body));
    };
    for (let i = 0; i < Math.min(saves, 20); i++) whole!.push(await put({ shapes }));
    for (let i = 0; i < saves; i++) {
      const place = (i * 37) % count;
      const moved = shapes[place]! as AnnotationShape & { kind: 'polygon' };
      const parts = [{ outer: moved.parts[0]!.outer.map((value) => value + (i % 2 === 0 ? 0.5 : -0.5)), holes: [] }];
      times!.push(await put({ changes: { put: [{ ...moved, id: place + 1, parts }], removed: [] } }));
      reads!.push(await timed(() => room.client('ann').ok('GET', path)));
    }
    console.log(
      JSON.stringify({
        bench: 'annotate',
        polygons: count,
        body_kb: rounded(kb),
        save_p50_ms: at(times!, 0.5),
        save_p99_ms: at(times!, 0.99),
        read_p50_ms: at(reads!, 0.5),
        whole_p50_ms: at(whole!, 0.5),
      }),
    );
  }
} finally {
  await room.remove();
}
