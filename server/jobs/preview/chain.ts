/** What a chain makes of a few pictures, to be looked at before it is applied to all. */
import type { Preview, PreviewPicture } from '../../http/preprocess-schemas.ts';
import { generator } from '../../learn/random.ts';
import { throughChain } from '../../pictures/methods.ts';
import { type LabelledPicture, pipelineOf } from '../../pictures/raster.ts';
import { storedPicture } from '../../pictures/stored.ts';
import { LabelSet } from '../../store/label-set.ts';
import { PictureSet } from '../../store/pictures.ts';
import { PREPROCESS_SEED } from '../protocol.ts';
import type { Questions } from './protocol.ts';
import { small } from './thumbnail.ts';

/** Of a picture that is shown, pixels. */
const SIDE = 480;
/** Of those that are made of one. */
const SHOWN = 9;
/** Of those that are made of one: nobody waits for thousands. */
const COUNTED = 200;

export async function previewChain({ dataset, labels, chain, pictures }: Questions['chain']['ask']): Promise<Preview> {
  const set = await PictureSet.open(dataset);
  const labelSet = labels === null ? null : await LabelSet.open(labels);
  try {
    const previews: Preview = [];
    for (const { n } of pictures.flatMap((place) => set.kept[place] ?? [])) {
      const picture = await storedPicture(set, labelSet, n);
      const after: PreviewPicture[] = [];
      let made = 0;
      for await (const one of throughChain(picture, chain, generator(PREPROCESS_SEED, n))) {
        made += 1;
        if (made <= SHOWN) after.push(await shown(one));
        if (made === COUNTED) break;
      }
      previews.push({ n, before: await shown(picture), after, made });
    }
    return previews;
  } finally {
    await set.close();
    await labelSet?.close();
  }
}

async function shown(picture: LabelledPicture): Promise<PreviewPicture> {
  const { name, width, height, shapes } = picture;
  return { name, image: (await small(await pipelineOf(picture), SIDE)).toString('base64'), width, height, shapes };
}
