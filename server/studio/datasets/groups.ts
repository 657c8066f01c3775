/** What a group pattern (see learn/groups.ts) makes of a dataset's names, told while it is typed. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { GroupPreview } from '../../http/training-schemas.ts';
import { groupOf } from '../../learn/groups.ts';

const EXAMPLES = 4;
const NAMES = 3;
/** Longest time that the daemon's loop is held. A hundred thousand names take some of them. */
const SLICE_MS = 15;

const fileOf = (name: string) => name.split('/').at(-1) ?? name;

export async function groupPreview(pattern: string, names: readonly string[]): Promise<GroupPreview> {
  const groups = new Map<string, { pictures: number; names: string[] }>();
  const unmatched: string[] = [];
  let since = performance.now();
  for (const name of names) {
    if (performance.now() - since > SLICE_MS) {
      await breathe();
      since = performance.now();
    }
    const group = groupOf(pattern, name);
    if (group === null) {
      if (unmatched.length < NAMES) unmatched.push(fileOf(name));
      continue;
    }
    const known = groups.get(group);
    if (known === undefined) groups.set(group, { pictures: 1, names: [fileOf(name)] });
    else {
      known.pictures += 1;
      if (known.names.length < NAMES) known.names.push(fileOf(name));
    }
  }
  const all = [...groups].map(([group, found]) => ({ group, ...found }));
  const large = all.filter(({ pictures }) => pictures > 1).sort((a, b) => b.pictures - a.pictures);
  const alone = [...unmatched, ...all.flatMap((one) => (one.pictures === 1 ? one.names : []))];
  return {
    pictures: names.length,
    groups: large.length,
    together: large.reduce((sum, { pictures }) => sum + pictures, 0),
    largest: large[0]?.pictures ?? 0,
    examples: large.slice(0, EXAMPLES),
    alone: alone.slice(0, NAMES),
  };
}
