/**
 * Does `work` on many things at once and gives the results in the order of the things. At most `ahead` are begun and not yet taken, so memory is
 * bounded however fast the work is. The first failure ends it; what was begun is waited for.
 */
export async function* inOrder<Thing, Result>(things: Iterable<Thing>, ahead: number, work: (thing: Thing) => Promise<Result>): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  const begin = (thing: Thing) => {
    const result = work(thing);
    // It may fail long before anyone waits for it.
    result.catch(() => {});
    begun.push(result);
  };
  try {
    for (const thing of things) {
      begin(thing);
      if (begun.length >= ahead) yield await begun.shift()!;
    }
    while (begun.length > 0) yield await begun.shift()!;
  } finally {
    await Promise.allSettled(begun);
  }
}
