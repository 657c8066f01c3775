/** For numbered-log.test.ts: saves as fast as it can, with much upkeep on the way, and says on stdout what has been acknowledged, until it is killed. */
import { NumberedLog } from './numbered-log.ts';

export interface Thing {
  n: number;
  value: number;
  padding: string;
}

/** Two of them one after the other are not the same as one: whatever is amended twice, or not at all, is seen. */
export interface Amendment {
  add: number;
  more: string;
}

/** Small enough that the log is written anew several times a second. */
export const openThings = (dir: string) =>
  NumberedLog.open<Thing, number, Amendment>(dir, ({ value }) => value, {
    amend: ({ n, value, padding }, { add, more }) => ({ n, value: value + add, padding: padding + more }),
    compactFrom: 32 * 1024,
    headsEvery: 50,
  });

export const THINGS = 40;

if (process.argv[2] !== undefined) {
  const things = await openThings(process.argv[2]);
  process.stdout.write('ready\n');
  const save = async (seed: number) => {
    for (let i = seed; ; i++) {
      const n = (i * 7) % THINGS;
      const saved = await things.update(n, (before) =>
        before !== undefined && (i + Math.floor(i / THINGS) + process.pid) % 2 === 0
          ? { amend: { add: 1, more: 'y'.repeat((i * 17) % 50) } }
          : { n, value: (before ?? 0) + 1, padding: 'x'.repeat((i * 131) % 700) },
      );
      process.stdout.write(`saved ${n} ${saved!.value} ${saved!.padding.length}\n`);
    }
  };
  await Promise.all([save(0), save(1), save(2)]);
}
