/** Labels of a kiosk whose line is down: none is lost, none is sent twice under another id, each waits for its person. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KioskSubmission } from '../../server/http/kiosk-schemas.ts';
import { type Delivery, Outbox } from './outbox.ts';

const submission = (n: number): KioskSubmission => ({ lease: `lease-${n}`, taskId: 1, n, base: 0, state: 'done', label: 3, saveId: `save-${n}-0000` });
const kept = (personId: number, n: number) => ({ personId, personName: `person ${personId}`, submission: submission(n) });
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
    send: async ({ n }) => {
      sent.push(n);
      return answers(n);
    },
    changed() {},
    refused: ({ n }) => refused.push(n),
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

test('what was not sent outlives the browser and waits for its person', async () => {
  const stored = { text: null as string | null };
  const first = bench(stored, () => 'later');
  first.outbox.person(7);
  first.outbox.add(kept(7, 1));
  first.outbox.add(kept(8, 2));
  await rest();
  const second = bench(stored, () => 'sent');
  assert.is(second.outbox.count, 2);
  assert.equal(second.outbox.owners, ['person 7', 'person 8']);
  second.outbox.person(8);
  await rest();
  assert.equal(second.sent, [2], 'not the labels of somebody else');
  second.outbox.person(7);
  await rest();
  assert.equal(second.sent, [2, 1]);
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
