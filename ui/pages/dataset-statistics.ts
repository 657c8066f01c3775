/** How large the pictures of a dataset are, and how many shapes they have: part of its page. The component has `statistics` and `statisticsProblem`. */
import type { DatasetStatistics } from '../../server/http/label-schemas.ts';
import { type Histogram, histogram, histogramView } from '../charts/histogram.ts';
import '../i18n/areas/labels.ts';
import * as format from '../i18n/format.ts';
import { t } from '../i18n/language.ts';

export interface StatisticsInWords {
  side: Histogram;
  bytes: Histogram;
  shapes: Histogram | null;
}

export const statisticsView = `<section class="box"><div class="box-body"><div x-problem="statisticsProblem"></div><template x-if="statistics"><div class="histograms">
    ${histogramView('statistics.side', 'labels.statistics.side')}${histogramView('statistics.bytes', 'labels.statistics.bytes')}
    <template x-if="statistics.shapes">${histogramView('statistics.shapes', 'labels.statistics.shapes')}</template></div></template></div></section>`;

/** In the words of the language of the screen. */
export function statisticsInWords({ longSide, bytes, shapes }: DatasetStatistics): StatisticsInWords {
  const pictures = (n: number) => t('labels.statistics.pictures', { n });
  return {
    side: histogram(longSide, format.count, pictures),
    bytes: histogram(bytes, format.bytes, pictures),
    shapes: shapes && histogram(shapes, format.count, pictures),
  };
}
