/** sharp as all take it who draw many pictures at once, each on one thread; no two of them are the same, so nothing is worth caching. The daemon never loads it. */
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);

export { sharp };
