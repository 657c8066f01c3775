/**
 * Texts of one area of the screen, each in Korean and English: `words({ 'home.title': ['홈', 'Home'] })`.
 * A pair with one language missing does not compile. An area is loaded with the page that needs it.
 *
 * `{name}` puts a value in. `{name:을/를}` adds the Korean particle that fits its last sound; in English `{n:row/rows}` adds the word
 * for one or for many.
 */
export type Pair = readonly [ko: string, en: string];

export const dictionary = new Map<string, Pair>();

export function words<const Area extends Record<string, Pair>>(area: Area): Area {
  for (const [key, pair] of Object.entries(area)) dictionary.set(key, pair);
  return area;
}
