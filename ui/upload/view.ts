/** An upload under way: bar, how much, how fast, how long still. */
import { bytes, duration } from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import type { Sent } from './send.ts';

/** "12 MB / 340 MB · 초당 11 MB · 30초 남음" */
export function sendingText(sent: Sent | null): string {
  if (!sent) return '';
  if (sent.waiting) return t('upload.waiting');
  const parts = [t('upload.progress', { sent: bytes(sent.sent), total: bytes(sent.total) })];
  if (sent.rate) parts.push(t('upload.rate', { rate: bytes(sent.rate) }));
  if (sent.remainingSeconds !== null) parts.push(t('progress.remaining', { time: duration(sent.remainingSeconds) }));
  return parts.join(' · ');
}

/** `state`: the member that holds what is sent (with a title), or null; the component also has `sendingText`. */
export function sendingView(state: string): string {
  const title = `${state} ? $say(${state}.title) : ''`;
  return `<template x-if="${state}"><div class="sending" role="status">
    <b class="cut" x-text="${title}"></b>
    <progress class="sending-bar" max="1" :value="${state} ? ${state}.sent / (${state}.total || 1) : 0" :aria-label="${title}"></progress>
    <span class="progress-text" x-text="sendingText(${state})"></span>
    <p class="muted" x-t="upload.stay"></p></div></template>`;
}
