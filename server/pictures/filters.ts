/** Methods that look at a pixel's neighbours. */
import { method } from './method.ts';
import { redraw } from './raster.ts';

export const denoise = method({
  parameters: {
    /** median: removes specks and keeps edges; gaussian: evens out grain and softens edges. */
    mode: { kind: 'choice', choices: ['median', 'gaussian'], default: 'median' },
    /** Reach of the filter. */
    radius: { kind: 'integer', minimum: 1, maximum: 10, default: 1, unit: 'px' },
  },
  async apply(picture, { mode, radius }) {
    const filtered = await redraw(picture, (pipeline) => (mode === 'median' ? pipeline.median(2 * radius + 1) : pipeline.blur(radius)));
    return [{ ...picture, ...filtered }];
  },
});

export const sharpen = method({
  parameters: {
    /** Standard deviation of the mask. */
    radius: { kind: 'number', minimum: 0.5, maximum: 5, default: 1, unit: 'px' },
    amount: { kind: 'integer', minimum: 10, maximum: 500, default: 100, unit: '%' },
  },
  async apply(picture, { radius, amount }) {
    const mask = { sigma: radius, m1: amount / 100, m2: (2 * amount) / 100 };
    return [{ ...picture, ...(await redraw(picture, (pipeline) => pipeline.sharpen(mask))) }];
  },
});
