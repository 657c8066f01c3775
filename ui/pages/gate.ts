/** The card in the middle of the screen for those who are not inside yet: set-up and sign-in. The language comes first. */
import type { Key } from '../i18n/keys.ts';

export function gate(title: Key, purpose: Key, content: string): string {
  return `<div class="gate"><div class="gate-card">
    <div class="gate-top"><svg viewBox="0 0 32 32" class="brand-mark" aria-hidden="true"><rect width="32" height="32" rx="7"></rect><path d="M8 22 14 10h4l6 12h-4l-1.2-2.6h-5.6L12 22H8Zm6.6-5.6h2.8L16 13.2l-1.4 3.2Z"></path></svg><b x-t="frame.product"></b><span class="spacer"></span>
      <div class="language" role="group" x-t:aria-label="language.switch">
        <button type="button" lang="ko" @click="speak('ko')" :aria-pressed="language() === 'ko' ? 'true' : 'false'">한국어</button>
        <button type="button" lang="en" @click="speak('en')" :aria-pressed="language() === 'en' ? 'true' : 'false'">English</button></div></div>
    <h1 x-t="${title}"></h1><p class="gate-purpose" x-t="${purpose}"></p>${content}</div></div>`;
}
