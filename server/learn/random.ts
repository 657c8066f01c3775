/**
 * Random numbers that are the same on every machine and can be asked for anywhere in a sequence: a generator is made from the seed and a place
 * (epoch, picture, …), so a resumed training needs to remember nothing but where it was.
 */

/** Mixes integers into 32 bits. The finaliser is MurmurHash3's fmix32 (A. Appleby, public domain). */
export function mix(...values: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const value of values) {
    hash = Math.imul(hash ^ (value | 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** sfc32 (C. Doty-Humphrey, PractRand): uniform in [0, 1), 32 bits each. The same values for the same place, always. */
export function generator(...place: readonly number[]): () => number {
  let a = mix(1, ...place);
  let b = mix(2, ...place);
  let c = mix(3, ...place);
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** Standard normal (Box and Muller, 1958). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Fisher–Yates (Durstenfeld's form), in place. */
export function shuffle<T>(things: T[], random: () => number): T[] {
  for (let i = things.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = things[i]!;
    things[i] = things[j]!;
    things[j] = kept;
  }
  return things;
}
