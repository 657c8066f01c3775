/** Saving by itself, with a daemon and a clock of the test's own: nothing is lost, doubled or overwritten, whatever the line does. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnnotatedPicture, AnnotationShape, PictureSave } from '../../server/http/annotation-schemas.ts';
import { type Answer, Saver } from './saving.ts';
import type { Unsent, UnsentStore } from './unsent.ts';

class Bench {
  readonly kept = new Map<number, Unsent>();
  readonly sent: { n: number; save: PictureSave }[] = [];
  readonly conflicts: number[] = [];
  readonly refusals: number[] = [];
  readonly answers: ((answer: Answer) => void)[] = [];
  readonly #timers: { run: () => void; gone: boolean }[] = [];
  readonly saver: Saver;
  /** All that keep things in the same browser, this one included. */
  readonly tabs: Bench[];
  revision = 3;
  #id = 0;

  constructor(kept: Unsent[] = [], beside: Bench | null = null) {
    for (const one of kept) this.kept.set(one.n, one);
    this.tabs = beside?.tabs ?? [];
    this.tabs.push(this);
    const name = this.tabs.length;
    const store: UnsentStore = {
      put: async (one) => void this.kept.set(one.n, structuredClone(one)),
      remove: async (_task, n, saveIds) => {
        for (const { kept: of } of this.tabs) if (saveIds.has(of.get(n)?.save.saveId ?? '')) of.delete(n);
      },
      all: async () => this.tabs.flatMap(({ kept: of }) => [...of.values()]),
    };
    this.saver = new Saver({
      taskId: 1,
      store,
      send: (n, save) => {
        this.sent.push({ n, save });
        return new Promise((resolve) => this.answers.push(resolve));
      },
      changed() {},
      saved() {},
      conflict: (n) => void this.conflicts.push(n),
      refused: (n) => void this.refusals.push(n),
      wait: (run) => {
        const timer = { run, gone: false };
        this.#timers.push(timer);
        return () => {
          timer.gone = true;
        };
      },
      newId: () => `save-${name}-${++this.#id}`,
    });
  }
  /** All timers run out; requests that this starts are under way afterwards. */
  async tick(): Promise<void> {
    for (const timer of this.#timers.splice(0)) if (!timer.gone) timer.run();
    await this.rest();
  }
  async rest(): Promise<void> {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }
  async answer(answer: Answer): Promise<void> {
    this.answers.shift()?.(answer);
    await this.rest();
  }
  saved(): Answer {
    const last = this.sent.at(-1) as { n: number; save: PictureSave };
    return { kind: 'saved', reply: { n: last.n, revision: ++this.revision, state: last.save.state, review: 'none', shapes: null } };
  }
}
const content = (label: number) => ({ state: 'done' as const, label });
const saving = suite('saving');

saving('quick changes are one request, and what is under way is not overtaken', async () => {
  const bench = new Bench();
  for (let i = 1; i <= 5; i++) bench.saver.change(8, content(i), 3);
  assert.is(bench.saver.state(8), 'waiting');
  await bench.tick();
  assert.is(bench.sent.length, 1);
  assert.is(bench.sent[0]?.save.label, 5);
  assert.is(bench.sent[0]?.save.base, 3);
  bench.saver.change(8, content(6), 3);
  await bench.tick();
  assert.is(bench.sent.length, 1, 'one at a time');
  await bench.answer(bench.saved());
  assert.is(bench.saver.state(8), 'waiting', 'the newer change is not saved yet');
  await bench.tick();
  assert.is(bench.sent[1]?.save.base, 4, 'on top of what came back');
  assert.is(bench.sent[1]?.save.label, 6);
  await bench.answer(bench.saved());
  assert.is(bench.saver.state(8), 'saved');
  assert.is(bench.kept.size, 0);
});

saving('without a line changes stay in the browser and go out later under the same id', async () => {
  const bench = new Bench();
  bench.saver.change(2, content(7), 0);
  assert.is(bench.kept.get(2)?.save.label, 7, 'kept before anything is sent');
  await bench.tick();
  await bench.answer({ kind: 'failed' });
  assert.is(bench.saver.overall, 'unsent');
  await bench.tick();
  assert.is(bench.sent[1]?.save.saveId, bench.sent[0]?.save.saveId, 'the daemon can tell that it has it already');
  await bench.answer({ kind: 'failed' });
  assert.is(bench.kept.size, 1);
  // Another visit with what the browser has kept.
  const later = new Bench([...bench.kept.values()]);
  assert.equal(await later.saver.restore(), [2]);
  assert.is(later.saver.unsaved(2)?.label, 7);
  await later.tick();
  assert.equal(later.sent[0]?.save, bench.sent[0]?.save);
  await later.answer(later.saved());
  assert.is(later.saver.overall, 'saved');
  assert.is(later.kept.size, 0);
});

saving('a conflict waits for the person; nothing is sent meanwhile', async () => {
  const bench = new Bench();
  bench.saver.change(1, content(2), 3);
  await bench.tick();
  await bench.answer({ kind: 'conflict', current: { revision: 9 } as AnnotatedPicture });
  assert.equal(bench.conflicts, [1]);
  assert.is(bench.saver.overall, 'conflict');
  bench.saver.change(1, content(4), 3);
  bench.saver.flush();
  await bench.tick();
  assert.is(bench.sent.length, 1);
  bench.saver.resolve(1, 'mine', 9);
  await bench.tick();
  assert.equal([bench.sent[1]?.save.base, bench.sent[1]?.save.label], [9, 4]);
  await bench.answer(bench.saved());
  assert.is(bench.saver.overall, 'saved');

  bench.saver.change(5, content(1), 0);
  await bench.tick();
  await bench.answer({ kind: 'conflict', current: { revision: 2 } as AnnotatedPicture });
  bench.saver.resolve(5, 'theirs', 2);
  assert.is(bench.saver.overall, 'saved');
  assert.is(bench.kept.size, 0, 'dropped for good');
  await bench.tick();
  assert.is(bench.sent.length, 3);
});

saving('what may not be saved is told and not tried for ever', async () => {
  const bench = new Bench();
  bench.saver.change(1, content(2), 3);
  await bench.tick();
  await bench.answer({ kind: 'refused', error: 'completed' });
  assert.equal(bench.refusals, [1]);
  await bench.tick();
  bench.saver.flush();
  await bench.tick();
  assert.is(bench.sent.length, 1);
  assert.is(bench.kept.size, 1, 'it is still there to be looked at');
  bench.saver.drop(1);
  assert.is(bench.kept.size, 0);
});

const box = (id: number, x: number): AnnotationShape => ({ id, kind: 'box', x, y: 0, width: 5, height: 5, label: 1 });

saving('of the shapes only what the daemon does not have goes out; the browser keeps all of them', async () => {
  const bench = new Bench();
  const [a, b, c] = [box(1, 1), box(2, 2), box(3, 3)];
  bench.saver.change(4, { state: 'done', shapes: [a, b] }, 3, [a, b, c]);
  await bench.tick();
  assert.equal(bench.sent[0]?.save.changes, { put: [], removed: [3] });
  assert.is(bench.sent[0]?.save.shapes, undefined);
  assert.equal(bench.kept.get(4)?.save.shapes, [a, b]);
  // Changed while that was under way: the next difference is to what was sent.
  const moved = box(2, 20);
  bench.saver.change(4, { state: 'done', shapes: [a, moved, box(4, 4)] }, 3, [a, b, c]);
  await bench.answer(bench.saved());
  await bench.tick();
  assert.equal([bench.sent[1]?.save.base, bench.sent[1]?.save.changes], [4, { put: [moved, box(4, 4)], removed: [] }]);
  // Sent again it is the same.
  await bench.answer({ kind: 'failed' });
  await bench.tick();
  assert.equal(bench.sent[2]?.save, bench.sent[1]?.save);
  // Somebody was faster: mine, where it is chosen, is told as the difference to theirs.
  const current = { revision: 9, shapes: [a, box(7, 7)] } as AnnotatedPicture;
  await bench.answer({ kind: 'conflict', current });
  bench.saver.resolve(4, 'mine', 9);
  await bench.tick();
  assert.equal([bench.sent[3]?.save.base, bench.sent[3]?.save.changes], [9, { put: [moved, box(4, 4)], removed: [7] }]);
  await bench.answer(bench.saved());
  assert.is(bench.saver.overall, 'saved');
});

saving('where it is not known what the daemon has, all shapes go out', async () => {
  const bench = new Bench();
  bench.saver.change(1, { state: 'done', shapes: [box(1, 1)] }, 3);
  bench.saver.change(2, { state: 'done', shapes: [{ kind: 'box', x: 1, y: 1, width: 2, height: 2, label: 1 }] }, 3, []);
  // The decision was made over another revision than the one that was told.
  bench.saver.change(3, { state: 'done', shapes: [box(1, 1)] }, 3, []);
  await bench.tick();
  assert.equal(
    bench.sent.map(({ save }) => [save.shapes?.length ?? 0, save.changes?.put.length ?? 0]),
    [
      [1, 0],
      [1, 0],
      [0, 1],
    ],
  );
  await bench.answer(bench.saved());
  await bench.answer(bench.saved());
  await bench.answer({ kind: 'conflict', current: { revision: 9, shapes: [] as AnnotationShape[] } as AnnotatedPicture });
  bench.saver.resolve(3, 'mine', 10);
  await bench.tick();
  assert.equal([bench.sent[3]?.save.base, bench.sent[3]?.save.shapes?.length], [10, 1]);
});

saving('two tabs of one person: what the one has saved is not the other’s to lose', async () => {
  const one = new Bench();
  const two = new Bench([], one);
  one.saver.change(3, content(1), 0);
  await one.tick();
  await one.answer({ kind: 'failed' });
  two.saver.change(3, content(2), 0);
  await two.tick();
  await two.answer(two.saved());
  assert.is(two.kept.size, 0);
  assert.is(one.kept.get(3)?.save.label, 1, 'still only here');
  // A later visit takes over what the tab has left, and when that is saved, changed or not, it is nowhere else.
  const later = new Bench([], one);
  assert.equal(await later.saver.restore(), [3]);
  later.saver.change(3, content(5), 0);
  await later.tick();
  assert.is(later.sent[0]?.save.label, 5);
  await later.answer(later.saved());
  assert.equal([one.kept.size, later.kept.size], [0, 0]);
  // What the first tab has changed since is newer than what the visit took over.
  one.saver.change(4, content(1), 0);
  await later.saver.restore();
  one.saver.change(4, content(7), 0);
  await later.tick();
  await later.answer(later.saved());
  assert.is(one.kept.get(4)?.save.label, 7);
});

saving('pictures do not wait for one another', async () => {
  const bench = new Bench();
  for (let n = 0; n < 4; n++) bench.saver.change(n, content(n), 0);
  await bench.tick();
  assert.equal(bench.sent.map(({ n }) => n).sort(), [0, 1, 2, 3]);
  assert.is(bench.saver.count, 4);
  for (let n = 0; n < 4; n++) await bench.answer(bench.saved());
  assert.is(bench.saver.count, 0);
});

saving.run();
