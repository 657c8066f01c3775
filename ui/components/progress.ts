/** The one kind of progress: a bar, how much, the rate and the remaining time. */
import type { Progress } from '../../server/http/schemas.ts';
import { count, decimal, duration } from '../i18n/format.ts';
import { t, textOf } from '../i18n/language.ts';

export function share(progress: Progress | null): number {
  return progress?.total ? Math.min(100, (progress.done / progress.total) * 100) : 0;
}

export function remaining(progress: Progress | null): string {
  return progress?.remainingSeconds == null ? '' : t('progress.remaining', { time: duration(progress.remainingSeconds) });
}

export function phase(progress: Progress | null): string {
  return progress ? (textOf(`phase.${progress.phase}`) ?? progress.phase) : '';
}

/** "학습 · 320 / 800 · 초당 42장 · 2분 남음" */
export function progressText(progress: Progress | null): string {
  if (!progress) return '';
  const parts = [phase(progress)];
  if (progress.total) parts.push(`${count(progress.done)} / ${count(progress.total)}`);
  if (progress.rate) parts.push(t('progress.rate', { n: progress.rate < 10 ? decimal(progress.rate, 1) : count(Math.round(progress.rate)) }));
  if (progress.remainingSeconds !== null) parts.push(remaining(progress));
  return parts.filter(Boolean).join(' · ');
}
