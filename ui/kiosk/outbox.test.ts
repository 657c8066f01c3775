/** Labels of a kiosk whose line is down: none is lost, none is sent twice under another id, each goes out as that of whoever gave it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Delivery, type Kept, Outbox } from './outbox.ts';

const kept = (personId: number, n: number): Kept => ({
  ...{ personId, personName: `person ${personId}` },
  submission: { lease: `lease-${n}`, taskId: 1, n, base: 0, state: 'done', label: 3, saveId: `save-${n}-0000` },
});
const rest = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function bench(stored: { text: string | null }, answers: (n: number) => Delivery) {
  const sent: number[] = [];
  const refused: number[] = [];
  const timers: (() => void)[] = [];
  const outbox = new Outbox({
    read: () => stored.text,
    write: (text) => {
      stored.text = text;
    },
    send: async ({ submission: { n } }) => {
      sent.push(n);
      return answers(n);
    },
    changed() {},
    refused: ({ submission: { n } }) => refused.push(n),
    wait: (run) => timers.push(run),
  });
  return { outbox, sent, refused, timers };
}

test('labels go out in their order, and again after the line was down', async () => {
  const stored = { text: null as string | null };
  let up = false;
  const { outbox, sent, timers } = bench(stored, () => (up ? 'sent' : 'later'));
  outbox.person(7);
  for (const n of [1, 2, 3]) outbox.add(kept(7, n));
  await rest();
  assert.equal(sent, [1], 'the second does not overtake the first');
  assert.is(outbox.count, 3);
  up = true;
  for (const run of timers.splice(0)) run();
  await rest();
  assert.equal(sent, [1, 1, 2, 3]);
  assert.is(stored.text, null);
});

test('what was not sent outlives the browser and goes out in its order, whoever is signed in, or nobody', async () => {
  const stored = { text: null as string | null };
  const first = bench(stored, () => 'later');
  first.outbox.person(7);
  first.outbox.add(kept(7, 1));
  first.outbox.add(kept(8, 2));
  await rest();
  let up = false;
  const second = bench(stored, () => (up ? 'sent' : 'later'));
  assert.is(second.outbox.count, 2);
  await second.outbox.flush();
  assert.equal(second.sent, [1]);
  // The line comes back when the person has long gone.
  up = true;
  for (const run of second.timers.splice(0)) run();
  await rest();
  assert.equal(second.sent, [1, 1, 2]);
  assert.equal([second.outbox.count, stored.text, second.outbox.owners], [0, null, []]);
});

test('a label of which nothing tells any more whose it is waits for its person, and holds nothing up', async () => {
  let here = 0;
  const { outbox, sent } = bench({ text: null }, (n) => (n < 3 && here !== 7 ? 'signedOut' : 'sent'));
  for (const n of [1, 2]) outbox.add(kept(7, n));
  outbox.add(kept(8, 3));
  await rest();
  assert.equal(sent, [1, 2, 3]);
  assert.equal([outbox.count, outbox.owners], [2, ['person 7']]);
  here = 8;
  outbox.person(8);
  await rest();
  assert.equal(sent, [1, 2, 3], 'not while somebody else is signed in');
  here = 7;
  outbox.person(7);
  await rest();
  assert.equal([sent, outbox.count, outbox.owners], [[1, 2, 3, 1, 2], 0, []]);
});

test('what is refused does not hold up the rest', async () => {
  const { outbox, refused, sent } = bench({ text: null }, (n) => (n === 1 ? 'refused' : 'sent'));
  outbox.person(7);
  outbox.add(kept(7, 1));
  outbox.add(kept(7, 2));
  await rest();
  assert.equal(refused, [1]);
  assert.equal(sent, [1, 2]);
  assert.is(outbox.count, 0);
});

test.run();
