import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Journal, readJournal } from '../store/journal.ts';
import { type Rng, stream } from './rng.ts';
import type { Params, Space } from './space.ts';
import type { Stopping } from './stopping-rules.ts';
import { type Decision, Study, type StudyConfig, type StudyEvent, StudyEventError, studyProblems } from './study.ts';

const SPACE: Space = [
  { kind: 'float', name: 'rate', low: 1e-4, high: 1, log: true },
  { kind: 'categorical', name: 'batch', choices: [4, 8, 16], ordered: true },
];
const config = (options: Partial<StudyConfig> = {}): StudyConfig => ({
  space: SPACE,
  sampler: 'tpe',
  stopping: { name: 'none' },
  objective: 'validation_accuracy',
  direction: 'maximize',
  goal: 90,
  additionalMetrics: ['train_accuracy'],
  maxTrials: 10,
  parallelTrials: 3,
  maxFailedTrials: 4,
  maxResource: 9,
  seed: 1,
  first: [],
  ...options,
});

/** Applies what the study decides until it has nothing more to decide; returns the decisions. */
function settle(study: Study, journal: StudyEvent[] = []): Decision[] {
  const decisions: Decision[] = [];
  for (let event = study.next(); event !== null; event = study.next()) {
    assert.ok(decisions.length < 10_000, 'the study never comes to rest');
    journal.push(event);
    assert.ok(study.apply(event), `a decision changes nothing: ${JSON.stringify(event)}`);
    decisions.push(event);
  }
  return decisions;
}

const finish = (study: Study, trial: number, value: number | null): Decision[] => {
  study.apply({ type: 'started', trial });
  study.apply({ type: 'finished', trial, value });
  return settle(study);
};
const states = (study: Study): string => study.trials.map(({ state }) => state).join(' ');

test('the start shows as many drafts as trials may run at once, and each end makes room for the next', () => {
  const study = new Study(config());
  assert.equal(
    settle(study).map(({ type }) => type),
    ['proposed', 'proposed', 'proposed'],
  );
  assert.is(states(study), 'draft draft draft');
  study.apply({ type: 'started', trial: 1 });
  assert.is(study.next(), null);
  assert.equal(
    finish(study, 1, 60).map(({ type }) => type),
    ['proposed'],
  );
  assert.is(states(study), 'draft succeeded draft draft');
  assert.is(study.best?.id, 1);
});

test('never more than maxTrials, and without the goal the study has failed', () => {
  const study = new Study(config({ maxTrials: 4 }));
  settle(study);
  for (let trial = 0; trial < 4; trial++) {
    assert.is(study.status, 'running');
    finish(study, trial, 89.9);
  }
  assert.is(study.trials.length, 4);
  assert.is(study.status, 'failed');
  assert.is(study.failure, 'goal_not_reached');
});

test('a met goal allows submitting; until then the study runs on, even with all trials ended', () => {
  const study = new Study(config({ maxTrials: 4 }));
  settle(study);
  finish(study, 0, 50);
  assert.is(study.canSubmit(0), false);
  assert.throws(
    () => study.apply({ type: 'submitted', trial: 0 }),
    (error: unknown) => error instanceof StudyEventError,
  );
  finish(study, 1, 90);
  assert.is(study.canSubmit(1), true);
  assert.is(study.canSubmit(0), true, 'the user may prefer another finished one');
  assert.is(study.canSubmit(2), false, 'it still runs');
  finish(study, 2, 95);
  finish(study, 3, 10);
  assert.is(study.settled, true);
  assert.is(study.status, 'running');
  study.apply({ type: 'submitted', trial: 2 });
  assert.is(study.status, 'succeeded');
  assert.is(study.submitted, 2);
});

test('submitting early ends the other trials', () => {
  const study = new Study(config());
  settle(study);
  finish(study, 0, 99);
  study.apply({ type: 'started', trial: 1 });
  study.apply({ type: 'submitted', trial: 0 });
  assert.equal(
    settle(study).map(({ type }) => type),
    ['aborted', 'aborted', 'aborted'],
  );
  assert.is(states(study), 'succeeded aborted aborted aborted');
  assert.is(study.status, 'succeeded');
});

test('minimising turns the goal around', () => {
  const study = new Study(config({ direction: 'minimize', goal: 0.2 }));
  settle(study);
  finish(study, 0, 0.21);
  assert.is(study.goalMet, false);
  finish(study, 1, 0.2);
  assert.is(study.goalMet, true);
  assert.is(study.best?.id, 1);
});

test('too many failed trials: the study has failed and the others are ended; a value that is none is a failure', () => {
  const study = new Study(config({ maxFailedTrials: 2 }));
  settle(study);
  study.apply({ type: 'failed', trial: 0, reason: 'out_of_memory' });
  settle(study);
  assert.is(study.status, 'running');
  assert.equal(
    finish(study, 1, Number.NaN).map(({ type }) => type),
    ['aborted', 'aborted'],
  );
  assert.is(study.trials[1]?.reason, 'no_value');
  assert.is(study.status, 'failed');
  assert.is(study.failure, 'too_many_failed');
});

test('a met goal outlives failures: nothing new is started, submitting stays possible', () => {
  const study = new Study(config({ maxFailedTrials: 1, parallelTrials: 2 }));
  settle(study);
  finish(study, 0, 95);
  study.apply({ type: 'failed', trial: 1, reason: 'internal' });
  assert.equal(settle(study), []);
  assert.is(study.status, 'running');
  assert.is(study.canSubmit(0), true);
});

test('stopping ends everything', () => {
  const study = new Study(config());
  settle(study);
  assert.is(study.apply({ type: 'stopped' }), true);
  assert.is(settle(study).length, 3);
  assert.is(study.status, 'aborted');
  assert.is(study.apply({ type: 'stopped' }), false);
  assert.is(study.apply({ type: 'finished', trial: 0, value: 99 }), false, 'too late');
  assert.is(study.status, 'aborted');
});

test('a finite space ends the study before maxTrials; the first parameters are tried first', () => {
  const first: Params[] = [{ batch: 16 }];
  const study = new Study(config({ space: [SPACE[1]!], sampler: 'grid', first, parallelTrials: 10, goal: null }));
  assert.equal(
    settle(study).map(({ type }) => type),
    ['proposed', 'proposed', 'proposed', 'exhausted'],
  );
  assert.equal(study.trials[0]?.params, first[0]);
  for (const trial of [0, 1, 2]) finish(study, trial, 10 + trial);
  assert.is(study.settled, true);
  assert.is(study.status, 'running', 'without a goal every finished trial will do');
});

test('what was told before is not told again', () => {
  const study = new Study(config());
  settle(study);
  const told: StudyEvent[] = [
    { type: 'started', trial: 0 },
    { type: 'reported', trial: 0, resource: 1, value: 50, metrics: { train_accuracy: 60 } },
    { type: 'reported', trial: 0, resource: 2, value: 55 },
    { type: 'finished', trial: 0, value: 55 },
  ];
  for (const event of told.slice(0, 3)) assert.is(study.apply(event), true);
  const running = JSON.stringify(study.trials);
  for (const event of told.slice(0, 3)) assert.is(study.apply(event), false, JSON.stringify(event));
  assert.is(JSON.stringify(study.trials), running);
  assert.is(study.apply(told[3]!), true);
  const before = JSON.stringify(study.trials);
  for (const event of told) assert.is(study.apply(event), false);
  assert.is(JSON.stringify(study.trials), before);
  assert.equal(study.trials[0]?.metrics, { train_accuracy: 60 });
});

test('what cannot be is refused', () => {
  const study = new Study(config());
  settle(study);
  const refused = (event: StudyEvent): void =>
    assert.throws(
      () => study.apply(event),
      (error: unknown) => error instanceof StudyEventError,
    );
  refused({ type: 'started', trial: 99 });
  refused({ type: 'proposed', trial: 7, params: { rate: 0.1, batch: 4 }, until: 9 });
  refused({ type: 'proposed', trial: 3, params: { rate: 7, batch: 4 }, until: 9 });
  refused({ type: 'paused', trial: 0 });
});

test('settings that cannot be are named', () => {
  assert.equal(studyProblems(config()), []);
  assert.equal(studyProblems(config({ maxTrials: 0, parallelTrials: 1.5, maxFailedTrials: -1, maxResource: 0 })), [
    'maxTrials',
    'parallelTrials',
    'maxFailedTrials',
    'maxResource',
  ]);
  assert.equal(studyProblems(config({ space: [] })), ['space']);
  assert.equal(studyProblems(config({ first: [{ rate: 5, batch: 4 }] })), ['first']);
  assert.equal(studyProblems(config({ seed: -1, goal: Number.NaN, stopping: { name: 'asha', eta: 1 } })), ['seed', 'goal', 'stopping']);
  assert.throws(() => new Study(config({ maxTrials: 0 })), /maxTrials/);
});

// ---------------------------------------------------------------- whole studies

/** Accuracy after some epochs: rises towards a level that the parameters set. */
const accuracy = (params: Params, epoch: number): number =>
  (95 - 12 * Math.abs(Math.log10(Number(params.rate)) + 2) - Number(params.batch) / 4) * (1 - 0.6 ** epoch);

interface Box {
  study: Study;
  journal: StudyEvent[];
  /** Epochs that each trial has really been trained, and the events that say so. */
  trained: Map<number, number>;
}

/** Whatever happens on a box, drawn at random: trials get resources, train an epoch, fail, and the box may be restarted. False: the study has settled. */
function happen(box: Box, rng: Rng, failing: number): boolean {
  const tell = (event: StudyEvent): void => {
    if (box.study.apply(event)) box.journal.push(event);
    settle(box.study, box.journal);
  };
  settle(box.study, box.journal);
  const active = box.study.trials.filter(({ state }) => state === 'draft' || state === 'running');
  assert.ok(active.length <= box.study.config.parallelTrials, 'more trials than may run at once');
  if (active.length === 0) return false;
  const trial = active[rng.integer(active.length)]!;
  if (trial.state === 'draft') {
    tell({ type: 'started', trial: trial.id });
    return true;
  }
  if (rng.uniform() < failing) {
    tell({ type: 'failed', trial: trial.id, reason: 'internal' });
    return true;
  }
  const epoch = (box.trained.get(trial.id) ?? 0) + 1;
  assert.ok(epoch <= trial.until, 'trained further than it was allowed to');
  assert.is(epoch, (trial.reports.at(-1)?.resource ?? 0) + 1, 'an epoch is trained twice');
  box.trained.set(trial.id, epoch);
  const value = accuracy(trial.params, epoch);
  // The worker tells both at once, the study may prune in between.
  if (box.study.apply({ type: 'reported', trial: trial.id, resource: epoch, value }))
    box.journal.push({ type: 'reported', trial: trial.id, resource: epoch, value });
  if (epoch === box.study.config.maxResource) tell({ type: 'finished', trial: trial.id, value });
  else if (epoch === trial.until) tell({ type: 'paused', trial: trial.id });
  else settle(box.study, box.journal);
  return true;
}

const STOPPING: Stopping[] = [{ name: 'none' }, { name: 'median' }, { name: 'asha' }, { name: 'asha', eta: 2, minResource: 2 }];

function run(seed: number, stopping: Stopping, failing: number, options: Partial<StudyConfig> = {}): Box {
  const rng = stream(seed, 77);
  const study = new Study(config({ seed, stopping, maxTrials: 1 + rng.integer(20), parallelTrials: 1 + rng.integer(5), maxFailedTrials: 5, ...options }));
  const box: Box = { study, journal: [], trained: new Map() };
  let steps = 0;
  while (happen(box, rng, failing)) assert.ok(++steps < 5000, 'the study never ends');
  return box;
}

test('any order of happenings ends in a settled study, with nothing left over', () => {
  for (const stopping of STOPPING) {
    for (let seed = 0; seed < 25; seed++) {
      const { study } = run(seed, stopping, seed % 3 === 0 ? 0.02 : 0, { goal: seed % 2 === 0 ? 85 : 200 });
      assert.ok(
        study.trials.every(({ state }) => ['succeeded', 'pruned', 'failed', 'aborted'].includes(state)),
        states(study),
      );
      const failed = study.trials.filter(({ state }) => state === 'failed').length;
      if (study.goalMet) assert.is(study.status, 'running');
      else assert.is(study.failure, failed >= 5 ? 'too_many_failed' : 'goal_not_reached');
      if (failed === 0) assert.ok(study.best !== null, 'a study without failures always finishes a trial');
      if (failed === 0) assert.is(study.trials.length, study.config.maxTrials);
    }
  }
});

test('asha saves most of the training, goes on from checkpoints, and promotes the best', () => {
  let epochs = 0;
  for (let seed = 0; seed < 10; seed++) {
    const { study, trained, journal } = run(seed, { name: 'asha' }, 0, { maxTrials: 18, parallelTrials: 3, sampler: 'random' });
    epochs += [...trained.values()].reduce((sum, count) => sum + count, 0);
    for (const trial of study.trials) {
      // Each epoch once, from the first one on: nothing was started over (happen() checks the single steps).
      assert.equal(
        trial.reports.map(({ resource }) => resource),
        Array.from({ length: trained.get(trial.id) ?? 0 }, (_, i) => i + 1),
      );
      const resumed = journal.flatMap((event) => (event.type === 'resumed' && event.trial === trial.id ? [event.until] : []));
      assert.equal(resumed, [3, 9].slice(0, resumed.length));
    }
    // At the time of each promotion the promoted one was among the best third of its rung.
    const replayed = new Study(study.config);
    for (const event of journal) {
      if (event.type === 'resumed' && event.until === 3 && replayed.trials.length < 18) {
        const values = replayed.trials.flatMap(({ reports }) => (reports.length > 0 ? [reports[0]!.value!] : [])).sort((a, b) => b - a);
        const own = replayed.trials[event.trial]!.reports[0]!.value!;
        assert.ok(values.indexOf(own) < Math.floor(values.length / 3));
      }
      replayed.apply(event);
    }
  }
  assert.ok(epochs / 10 <= 0.45 * 18 * 9, `${epochs / 10} of ${18 * 9} epochs`);
});

test('the median rule saves training and keeps the best', () => {
  let [saved, worse] = [0, 0];
  for (let seed = 0; seed < 10; seed++) {
    const all = run(seed, { name: 'none' }, 0, { maxTrials: 15, sampler: 'random', parallelTrials: 1 });
    const some = run(seed, { name: 'median' }, 0, { maxTrials: 15, sampler: 'random', parallelTrials: 1 });
    saved += 1 - [...some.trained.values()].reduce((a, b) => a + b, 0) / (15 * 9);
    if (some.study.best!.value! < all.study.best!.value!) worse++;
  }
  assert.ok(saved / 10 > 0.2, `saved ${saved / 10}`);
  assert.is(worse, 0);
});

test('the same events give the same state, and from every point of the journal the same future', () => {
  for (const stopping of STOPPING) {
    const { study, journal } = run(4, stopping, 0.01);
    const events = JSON.parse(JSON.stringify(journal)) as StudyEvent[];
    const replayed = Study.replay(study.config, events);
    assert.equal(replayed.trials, study.trials);
    assert.is(replayed.status, study.status);
    // A decision that was lost with the power is taken again, the same.
    const decided: Decision['type'][] = ['proposed', 'resumed', 'pruned', 'aborted', 'exhausted'];
    events.forEach((event, at) => {
      if (!(decided as string[]).includes(event.type)) return;
      assert.equal(Study.replay(study.config, events.slice(0, at)).next(), event);
    });
  }
});

test('a journal torn at any byte loses at most its last line, and the study goes on to its end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'study-'));
  try {
    const { study, journal } = run(5, { name: 'asha' }, 0, { maxTrials: 6 });
    const whole = journal.map((event) => `${JSON.stringify(event)}\n`).join('');
    const rng = stream(8);
    const file = join(folder, 'study.jsonl');
    for (let i = 0; i < 40; i++) {
      const cut = i === 0 ? 0 : rng.integer(whole.length);
      await writeFile(file, whole.slice(0, cut));
      const opened = await Journal.open<StudyEvent>(file);
      const events: StudyEvent[] = [];
      for await (const event of readJournal<StudyEvent>(file)) events.push(event);
      assert.is(events.length, whole.slice(0, cut).split('\n').length - 1);
      const restarted = Study.replay(study.config, events);
      // The workers have their checkpoints: each trial goes on behind its last report.
      const trained = new Map(restarted.trials.map(({ id, reports }) => [id, reports.at(-1)?.resource ?? 0]));
      // A trial whose last epoch was told, but not that it ended, ends now: its worker's own journal says so.
      for (const trial of [...restarted.trials]) {
        const at = trained.get(trial.id)!;
        if ((trial.state === 'running' || trial.state === 'draft') && at > 0 && at === trial.until) {
          const end: StudyEvent = at === 9 ? { type: 'finished', trial: trial.id, value: trial.reports.at(-1)!.value } : { type: 'paused', trial: trial.id };
          if (restarted.apply(end)) {
            events.push(end);
            await opened.append(end);
          }
        }
      }
      const box: Box = { study: restarted, journal: [...events], trained };
      while (happen(box, rng, 0));
      assert.is(box.study.trials.length, 6);
      assert.is(box.study.settled, true);
      for (const trial of box.study.trials) assert.is(trained.get(trial.id), trial.reports.length, 'no epoch missing, none double');
      // What was finished before the cut is still there, with its value.
      const survivors = Study.replay(study.config, events).trials.filter(({ state }) => state === 'succeeded');
      for (const { id, value } of survivors) assert.is(box.study.trials[id]?.value, value);
      for (const event of box.journal.slice(events.length)) await opened.append(event);
      await opened.close();
      // And what the restarted box has written is whole again.
      const rewritten: StudyEvent[] = [];
      for await (const event of readJournal<StudyEvent>(file)) rewritten.push(event);
      assert.equal(rewritten, JSON.parse(JSON.stringify(box.journal)));
      assert.equal(Study.replay(study.config, rewritten).trials, box.study.trials);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
