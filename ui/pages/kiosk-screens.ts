/** What the kiosk shows: enrolment, people, PIN, the picture with its labels, nothing to do. */
import '../i18n/areas/kiosk.ts';
import { icon } from '../mount.ts';

const pad = (press: string) =>
  `<div class="pad">${['1', '2', '3', '4', '5', '6', '7', '8', '9', 'x', '0', '<']
    .map((key) =>
      key === 'x'
        ? `<button type="button" class="pad-key" @click="code = ''" x-t="kiosk.clear"></button>`
        : key === '<'
          ? `<button type="button" class="pad-key" @click="code = code.slice(0, -1)" x-t:aria-label="kiosk.back">${icon('delete')}</button>`
          : `<button type="button" class="pad-key" @click="${press}('${key}')">${key}</button>`,
    )
    .join('')}</div>`;

export const SCREENS = `<div class="kiosk">
  <header class="kiosk-head"><b x-text="station()"></b><span x-show="screen === 'work'" x-text="personName"></span><span class="spacer"></span>
    <span class="chip plain amber" x-show="unsent" x-text="$t('kiosk.unsent', { n: unsent })"></span><span class="chip plain" x-show="screen === 'work'" x-text="$t('kiosk.left', { n: left })"></span>
    <div class="language" role="group" x-t:aria-label="language.switch"><button type="button" lang="ko" @click="speak('ko')" :aria-pressed="spoken() === 'ko' ? 'true' : 'false'">한국어</button><button type="button" lang="en" @click="speak('en')" :aria-pressed="spoken() === 'en' ? 'true' : 'false'">English</button></div>
    <button type="button" class="button large" x-show="screen === 'work' || screen === 'empty'" @click="leave()">${icon('log-out')}<span x-t="kiosk.leave"></span></button></header>

  <section class="kiosk-gate" x-show="screen === 'loading'"><h1 x-t="kiosk.connecting"></h1><div x-problem="problem"></div></section>

  <section class="kiosk-gate" x-show="screen === 'enrol'"><h1 x-t="kiosk.enrol"></h1><p x-t="kiosk.enrol.text"></p><output class="kiosk-code" x-text="shownCode()"></output>${pad('press')}
    <div x-problem="problem"></div><button type="button" class="button primary large kiosk-wide" @click="enrol()" :disabled="code.length < 8 || busy" x-t="kiosk.enrol.ok"></button></section>

  <section class="kiosk-people" x-show="screen === 'people'"><h1 x-t="kiosk.who"></h1><p x-text="$t(people.length ? 'kiosk.who.text' : 'kiosk.nobody')"></p>
    <div class="people-grid"><template x-for="one in people" :key="one.id"><button type="button" class="person-key" @click="choose(one)"><span class="avatar" aria-hidden="true" x-text="one.name.slice(0, 1)"></span><span data-verbatim x-text="one.name"></span></button></template></div>
    <p class="kiosk-note">${icon('id-card')}<span x-t="kiosk.badge"></span></p><p class="field-note" x-show="owners()" x-text="owners()"></p><div x-problem="problem"></div></section>

  <section class="kiosk-gate" x-show="screen === 'pin'"><h1 x-text="$t('kiosk.pin', { name: chosenName })"></h1><output class="kiosk-code" aria-live="off" x-text="dots()"></output>${pad('press')}
    <div x-problem="problem"></div><div class="kiosk-row"><button type="button" class="button large kiosk-wide" @click="backToPeople()" x-t="kiosk.other"></button><button type="button" class="button primary large kiosk-wide" @click="signIn()" :disabled="code.length < 4 || busy" x-t="kiosk.sign-in"></button></div></section>

  <section class="kiosk-work" x-show="screen === 'work'">
    <div class="kiosk-picture" :aria-busy="sight === 'late'"><img alt="" x-ref="picture" draggable="false" x-show="sight !== 'late' && sight !== 'missing'"><div class="kiosk-wait" x-show="sight === 'late'"></div>
      <div class="kiosk-broken" x-show="sight === 'missing'" role="alert"><p x-t="kiosk.picture.failed"></p><button type="button" class="button primary large" @click="again()" x-t="action.retry"></button></div><p class="kiosk-comment" x-show="comment" x-text="$t('work.returned.comment', { text: comment })"></p></div>
    <div class="kiosk-side"><p class="cut" data-verbatim x-text="taskName"></p>
      <div class="kiosk-labels" :class="{ waiting: sight === 'late' || sight === 'missing' }"><template x-for="one in classes" :key="one.id"><button type="button" class="kiosk-label" @click="label(one.id)" :aria-disabled="sight !== 'open'"><span class="swatch" :style="{ backgroundColor: one.colour }"></span><span data-verbatim x-text="one.name"></span><span class="tag-score" x-show="proposed(one.id)" x-text="proposed(one.id)"></span></button></template></div>
      <div class="kiosk-row"><button type="button" class="button large kiosk-wide" @click="takeBack()" :disabled="!canTakeBack">${icon('undo-2')}<span x-t="kiosk.take-back"></span></button></div>
      <div class="kiosk-row"><button type="button" class="button large kiosk-wide" @click="skip()">${icon('skip-forward')}<span x-t="kiosk.skip"></span></button>
      <button type="button" class="button large kiosk-wide" @click="label(null)" :aria-disabled="sight === 'late' || sight === 'missing'">${icon('trash-2')}<span x-t="kiosk.delete"></span></button></div>
      <div x-problem="problem"></div></div></section>

  <section class="kiosk-gate" x-show="screen === 'empty'"><h1 x-t="kiosk.empty"></h1><p x-text="$t(offline ? 'kiosk.offline' : 'kiosk.empty.text')"></p><p class="kiosk-note" x-show="elsewhere" data-verbatim x-text="$t('kiosk.elsewhere', { names: elsewhere })"></p><template x-for="part in finished" :key="part.partId"><div class="kiosk-finished"><p x-text="$t('kiosk.finished', { name: part.name, n: part.count })"></p><button type="button" class="button primary large kiosk-wide" @click="report(part)" :disabled="busy" x-t="kiosk.report"></button></div></template><p class="kiosk-note" x-show="reported" role="status" x-t="kiosk.reported"></p><div x-problem="problem"></div><button type="button" class="button large kiosk-wide" :class="{ primary: !finished.length }" @click="more()" x-t="kiosk.again"></button><button type="button" class="button large kiosk-wide" @click="takeBack()" :disabled="!canTakeBack">${icon('undo-2')}<span x-t="kiosk.take-back"></span></button></section>
</div>`;
