/** A touch screen at the line: sign in with a PIN or a badge, then one picture after another with large buttons. */
import type { KioskPicture, KioskRenewal, KioskSession, KioskSubmission, KioskSubmitted, KioskView, KioskWork } from '../../server/http/kiosk-schemas.ts';
import { ApiError, api, useToken, wasAborted } from '../api.ts';
import '../i18n/areas/kiosk.ts';
import { type Language, language, setLanguage, t } from '../i18n/language.ts';
import { type Delivery, Outbox } from '../kiosk/outbox.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';

const KEPT = 'ai-studio.kiosk.unsent';
/** Pictures that are here before they are needed: the line may go down. */
const AHEAD = 8;
/** How long the last label can be taken back before it is sent. */
const TAKE_BACK_MS = 4000;
const RENEW_MS = 60_000;
/** A badge reader types faster than any hand. */
const BADGE_GAP_MS = 80;

type Screen = 'loading' | 'enrol' | 'people' | 'pin' | 'work' | 'empty';
interface Held {
  picture: KioskPicture;
  submission: KioskSubmission;
}

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

export default page({
  title: 'kiosk.title',
  help: { ko: '', en: '' },
  template: `<div class="kiosk">
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
      <div class="kiosk-picture"><img alt="" x-ref="picture" draggable="false"><p class="kiosk-comment" x-show="comment" x-text="$t('work.returned.comment', { text: comment })"></p></div>
      <div class="kiosk-side"><p class="cut" data-verbatim x-text="taskName"></p>
        <div class="kiosk-labels"><template x-for="one in classes" :key="one.id"><button type="button" class="kiosk-label" @click="label(one.id)"><span class="swatch" :style="{ backgroundColor: one.colour }"></span><span data-verbatim x-text="one.name"></span><span class="tag-score" x-show="proposed(one.id)" x-text="proposed(one.id)"></span></button></template></div>
        <div class="kiosk-row"><button type="button" class="button large kiosk-wide" @click="takeBack()" :disabled="!canTakeBack">${icon('undo-2')}<span x-t="kiosk.take-back"></span></button></div>
        <div class="kiosk-row"><button type="button" class="button large kiosk-wide" @click="skip()">${icon('skip-forward')}<span x-t="kiosk.skip"></span></button>
        <button type="button" class="button large kiosk-wide" @click="label(null)">${icon('trash-2')}<span x-t="kiosk.delete"></span></button></div>
        <div x-problem="problem"></div></div></section>

    <section class="kiosk-gate" x-show="screen === 'empty'"><h1 x-t="kiosk.empty"></h1><p x-text="$t(offline ? 'kiosk.offline' : 'kiosk.empty.text')"></p><p class="kiosk-note" x-show="elsewhere" data-verbatim x-text="$t('kiosk.elsewhere', { names: elsewhere })"></p><div x-problem="problem"></div><button type="button" class="button primary large kiosk-wide" @click="more()" x-t="kiosk.again"></button></section>
  </div>`,
  component: (route) => {
    let token: string | undefined;
    let view: KioskView | null = null;
    let work: KioskWork['tasks'] = [];
    let queue: KioskPicture[] = [];
    let held: Held | null = null;
    let heldTimer = 0;
    let idleTimer = 0;
    let typed = '';
    let typedAt = 0;
    let asking = false;
    const pictures = new Map<string, Promise<string>>();
    const keyOf = (one: { taskId: number; n: number }) => `${one.taskId}/${one.n}`;
    const read = () => localStorage.getItem(KEPT);
    const write = (text: string | null) => (text === null ? localStorage.removeItem(KEPT) : localStorage.setItem(KEPT, text));
    let outbox: Outbox;
    useToken(() => token);

    return component({
      screen: 'loading' as Screen,
      problem: null as unknown,
      busy: false,
      offline: false,
      code: '',
      stationName: '',
      people: [] as KioskView['people'],
      chosenId: 0,
      chosenName: '',
      personId: 0,
      personName: '',
      unsent: 0,
      left: 0,
      taskName: '',
      classes: [] as KioskWork['tasks'][number]['classes'],
      comment: '',
      /** Datasets with shapes to draw. */
      elsewhere: '',
      shown: '',
      canTakeBack: false,

      async init() {
        outbox = new Outbox({
          read,
          write,
          send: (submission) => this.send(submission),
          changed: () => {
            this.unsent = outbox.count + (held ? 1 : 0);
          },
          refused: () => {
            this.problem = t('kiosk.refused');
          },
        });
        this.unsent = outbox.count;
        const on = { signal: route.signal };
        document.addEventListener('keydown', (event) => this.typed(event), on);
        for (const what of ['pointerdown', 'keydown']) document.addEventListener(what, () => this.touched(), on);
        addEventListener('online', () => void this.backOnline(), on);
        addEventListener('pagehide', () => this.sendHeld(), on);
        const renew = setInterval(() => void this.renew(), RENEW_MS);
        route.signal.addEventListener('abort', () => {
          clearInterval(renew);
          clearTimeout(heldTimer);
          clearTimeout(idleTimer);
          useToken(null);
        });
        await this.load();
      },
      async load() {
        try {
          this.take(await api.get<KioskView>('/api/kiosk', undefined, route.signal));
        } catch (error) {
          if (wasAborted(error)) return;
          if (error instanceof ApiError && error.code === 'kiosk_not_enrolled') this.screen = 'enrol';
          else {
            this.problem = error;
            setTimeout(() => !route.signal.aborted && void this.load(), 5000);
          }
        }
      },
      take(next: KioskView) {
        view = next;
        this.problem = null;
        this.stationName = next.station.name;
        this.people = next.people;
        if (next.session) this.begin(next.session);
        else this.screen = 'people';
      },
      station() {
        return this.stationName || t('kiosk.title');
      },
      spoken: () => language.now,
      speak: (next: Language) => setLanguage(next),
      owners() {
        return this.unsent ? t('kiosk.owners', { names: outbox.owners.join(', '), n: this.unsent }) : '';
      },

      // -------------------------------------------------------------- enrolment and sign-in

      press(key: string) {
        if (this.code.length >= 12) return;
        this.code += key;
        this.problem = null;
      },
      shownCode() {
        return this.code.length > 4 ? `${this.code.slice(0, 4)}-${this.code.slice(4)}` : this.code || '····-····';
      },
      dots() {
        return '●'.repeat(this.code.length) || '····';
      },
      async enrol() {
        this.busy = true;
        try {
          this.take(await api.post<KioskView>('/api/kiosk/enrol', { code: this.code }));
        } catch (error) {
          this.problem = error;
        } finally {
          this.code = '';
          this.busy = false;
        }
      },
      choose(one: KioskView['people'][number]) {
        this.chosenId = one.id;
        this.chosenName = one.name;
        this.code = '';
        this.problem = null;
        this.screen = 'pin';
      },
      backToPeople() {
        this.code = '';
        this.problem = null;
        this.screen = 'people';
      },
      signIn() {
        return this.enter({ personId: this.chosenId, pin: this.code });
      },
      async enter(body: object) {
        if (this.busy) return;
        this.busy = true;
        this.problem = null;
        try {
          this.begin(await api.post<KioskSession>('/api/kiosk/session', body));
        } catch (error) {
          this.problem = error;
        } finally {
          this.code = '';
          this.busy = false;
        }
      },
      /** Digits of the pad on a keyboard; a badge reader's line of characters that ends with Enter. */
      typed(event: KeyboardEvent) {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const now = performance.now();
        if (now - typedAt > BADGE_GAP_MS) typed = '';
        typedAt = now;
        if (event.key === 'Enter') {
          const badge = typed;
          typed = '';
          if (badge.length >= 4 && (this.screen === 'people' || this.screen === 'pin')) {
            event.preventDefault();
            void this.enter({ badge });
          }
          return;
        }
        if (/^[\w.-]$/.test(event.key)) typed += event.key;
        if (/^\d$/.test(event.key) && (this.screen === 'pin' || this.screen === 'enrol')) this.press(event.key);
        const one = this.screen === 'work' ? this.classes.find((label) => label.hotKey === event.key.toLowerCase()) : undefined;
        if (one) this.label(one.id);
      },
      begin(session: KioskSession) {
        token = session.csrfToken;
        this.personId = session.person.id;
        this.personName = session.person.name;
        setLanguage(session.person.locale);
        outbox.person(session.person.id);
        this.touched();
        queue = [];
        void this.more();
      },
      /** Without a touch for so long somebody else stands here. */
      touched() {
        clearTimeout(idleTimer);
        if (!view || (!this.personName && this.screen !== 'pin')) return;
        idleTimer = window.setTimeout(() => void this.leave(), view.idleSeconds * 1000);
      },
      async leave() {
        this.sendHeld();
        await outbox.flush();
        outbox.person(null);
        await api.remove('/api/kiosk/session').catch(() => {});
        this.signedOut();
      },
      signedOut() {
        token = undefined;
        outbox.person(null);
        queue = [];
        for (const url of pictures.values()) void url.then((address) => URL.revokeObjectURL(address)).catch(() => {});
        pictures.clear();
        this.shown = '';
        this.personName = '';
        this.backToPeople();
      },

      // -------------------------------------------------------------- pictures

      async more() {
        if (asking) return;
        asking = true;
        try {
          const next = await api.post<KioskWork>('/api/kiosk/next', { count: AHEAD });
          this.offline = false;
          this.problem = null;
          work = next.tasks;
          this.left = next.left;
          this.elsewhere = next.elsewhere.join(', ');
          const known = new Set(queue.map(keyOf));
          for (const one of next.pictures) {
            const mine = held && keyOf(held.picture) === keyOf(one);
            if (!known.has(keyOf(one)) && !mine && !outbox.has(one.taskId, one.n)) queue.push(one);
          }
          for (const one of queue) void this.picture(one).catch(() => {});
        } catch (error) {
          this.failed(error);
        } finally {
          asking = false;
        }
        this.show();
      },
      failed(error: unknown) {
        if (error instanceof ApiError && error.code === 'kiosk_not_signed_in') this.signedOut();
        else if (error instanceof ApiError && error.code === 'kiosk_not_enrolled') this.screen = 'enrol';
        else if (error instanceof ApiError && error.status === 0) this.offline = true;
        else this.problem = error;
      },
      picture(one: KioskPicture): Promise<string> {
        const key = keyOf(one);
        let url = pictures.get(key);
        if (!url) {
          url = fetch(`/api/kiosk/images/${one.taskId}/${one.n}`, { credentials: 'same-origin' }).then(async (response) => {
            if (!response.ok) throw new Error(`HTTP ${response.status}`);
            return URL.createObjectURL(await response.blob());
          });
          url.catch(() => pictures.delete(key));
          pictures.set(key, url);
        }
        return url;
      },
      show() {
        if (!this.personName) return;
        const [one] = queue;
        if (!one) {
          this.screen = 'empty';
          return;
        }
        const task = work.find((of) => of.id === one.taskId);
        this.screen = 'work';
        this.taskName = task?.name ?? '';
        this.classes = task?.classes ?? [];
        this.comment = one.comment;
        if (this.shown === keyOf(one)) return;
        this.shown = keyOf(one);
        const image = (this as unknown as { $refs: Record<string, HTMLImageElement> }).$refs.picture as HTMLImageElement;
        this.picture(one).then(
          (url) => {
            if (this.shown === keyOf(one)) image.src = url;
          },
          () => {
            this.shown = '';
          },
        );
      },
      proposed(label: number) {
        const proposal = queue[0]?.proposal;
        return this.shown && proposal?.label === label ? `${Math.round(proposal.score * 100)} %` : '';
      },
      /** null: to be deleted. */
      label(label: number | null) {
        const one = queue[0];
        if (!one || this.shown !== keyOf(one)) return;
        this.sendHeld();
        queue.shift();
        const submission: KioskSubmission = {
          lease: one.lease,
          taskId: one.taskId,
          n: one.n,
          base: one.revision,
          state: label === null ? 'delete' : 'done',
          label,
          saveId: crypto.randomUUID(),
        };
        held = { picture: one, submission };
        this.canTakeBack = true;
        this.unsent = outbox.count + 1;
        this.left = Math.max(0, this.left - 1);
        heldTimer = window.setTimeout(() => this.sendHeld(), TAKE_BACK_MS);
        this.show();
        if (queue.length <= AHEAD / 2) void this.more();
      },
      sendHeld() {
        clearTimeout(heldTimer);
        if (!held) return;
        const { picture, submission } = held;
        held = null;
        this.canTakeBack = false;
        void pictures.get(keyOf(picture))?.then((url) => URL.revokeObjectURL(url));
        pictures.delete(keyOf(picture));
        outbox.add({ personId: this.personId, personName: this.personName, submission });
      },
      takeBack() {
        if (!held) return;
        clearTimeout(heldTimer);
        queue.unshift(held.picture);
        held = null;
        this.canTakeBack = false;
        this.unsent = outbox.count;
        this.left += 1;
        this.show();
      },
      skip() {
        this.sendHeld();
        const one = queue.shift();
        if (!one) return;
        void api.post<KioskRenewal>('/api/kiosk/leases/release', { leases: [one.lease] }).catch(() => {});
        this.show();
        if (queue.length <= AHEAD / 2) void this.more();
      },
      async send(submission: KioskSubmission): Promise<Delivery> {
        try {
          await api.post<KioskSubmitted>('/api/kiosk/submit', submission);
          this.offline = false;
          return 'sent';
        } catch (error) {
          if (!(error instanceof ApiError)) return 'later';
          if (error.code === 'kiosk_not_signed_in' || error.code === 'kiosk_not_enrolled' || error.code === 'stale_page') {
            this.failed(error);
            return 'signedOut';
          }
          if (error.status === 0 || error.status === 429 || error.status >= 500) {
            this.offline = error.status === 0;
            return 'later';
          }
          return 'refused';
        }
      },
      async renew() {
        const leases = queue.map((one) => one.lease);
        if (!leases.length || this.screen !== 'work') return;
        try {
          const { lost } = await api.post<KioskRenewal>('/api/kiosk/leases/renew', { leases });
          if (!lost.length) return;
          queue = queue.filter((one) => !lost.includes(one.lease));
          this.show();
        } catch (error) {
          this.failed(error);
        }
      },
      async backOnline() {
        await outbox.flush();
        if (this.screen === 'empty') await this.more();
      },
    });
  },
});
