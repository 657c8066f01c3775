/** Numbers, times and sizes as the reader writes them. */
import { language, t } from './language.ts';

const dateFormats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language.now + JSON.stringify(options);
  let format = dateFormats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(language.now === 'ko' ? 'ko-KR' : 'en-GB', options);
    dateFormats.set(key, format);
  }
  return format;
}

/** 2026-03-05: the same in both languages, sorts by eye. */
export function day(iso: string | null): string {
  if (!iso) return '';
  const at = new Date(iso);
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

/** 2026-03-05 14:07 */
export function dayAndTime(iso: string | null): string {
  if (!iso) return '';
  const at = new Date(iso);
  return `${day(iso)} ${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

export function fullTime(iso: string): string {
  return dateFormat({ dateStyle: 'full', timeStyle: 'medium' }).format(new Date(iso));
}

/** How long ago: "3분 전", "3 min ago". */
export function ago(iso: string): string {
  const seconds = Math.round((Date.parse(iso) - Date.now()) / 1000);
  const format = new Intl.RelativeTimeFormat(language.now, { numeric: 'auto', style: 'short' });
  const size = Math.abs(seconds);
  if (size < 60) return format.format(seconds, 'second');
  if (size < 3600) return format.format(Math.round(seconds / 60), 'minute');
  if (size < 86400) return format.format(Math.round(seconds / 3600), 'hour');
  return format.format(Math.round(seconds / 86400), 'day');
}

/** "1시간 4분", "2분 5초", "45초": two units are enough. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const days = Math.floor(whole / 86400);
  const hours = Math.floor((whole % 86400) / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const parts: string[] = [];
  if (days) parts.push(t('unit.days', { n: days }));
  if (hours) parts.push(t('unit.hours', { n: hours }));
  if (minutes && !days) parts.push(t('unit.minutes', { n: minutes }));
  if (!days && !hours && (whole % 60 || !minutes)) parts.push(t('unit.seconds', { n: whole % 60 }));
  return parts.join(' ');
}

export function count(value: number): string {
  return value.toLocaleString(language.now);
}

/** Four digits and the word for the rest: "1,118만", "11.18 million". */
export function large(value: number): string {
  return value.toLocaleString(language.now, { notation: 'compact', compactDisplay: 'long', maximumSignificantDigits: 4, useGrouping: true });
}

/** What is rounded to nothing has no sign. */
export function decimal(value: number, digits = 2): string {
  return value.toLocaleString(language.now, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: 'negative' });
}

export function percent(value: number, digits = 1): string {
  return `${decimal(value, digits)} %`;
}

/** Bytes in steps of 1024, as Windows shows them. */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let step = 0;
  let size = value;
  while (size >= 1024 && step < units.length - 1) {
    size /= 1024;
    step++;
  }
  return `${size.toLocaleString(language.now, { maximumFractionDigits: size < 10 && step ? 1 : 0 })} ${units[step]}`;
}

export function whole(value: number): string {
  return String(Math.round(value));
}
