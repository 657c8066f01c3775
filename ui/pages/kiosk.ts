/** A touch screen at the line: sign in with a PIN or a badge, then one picture after another with large buttons. */
import type { KioskPicture, KioskRenewal, KioskSession, KioskSubmitted, KioskView, KioskWork } from '../../server/http/kiosk-schemas.ts';
import { ApiError, api, useToken, wasAborted } from '../api.ts';
import '../i18n/areas/kiosk.ts';
import { type Language, language, type Said, setLanguage, t } from '../i18n/language.ts';
import { type Delivery, type Kept, Outbox } from '../kiosk/outbox.ts';
import { keyOf, Showing, type Sight } from '../kiosk/showing.ts';
import { component } from '../mount.ts';
import { page } from '../page.ts';
import { SCREENS } from './kiosk-screens.ts';

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
  submission: Kept['submission'];
}

export default page({
  title: 'kiosk.title',
  help: { ko: '', en: '' },
  template: SCREENS,
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
    /** Leases of skipped pictures that the daemon has not been told of. */
    let skipped: string[] = [];
    /** The revision of each picture that was labelled here: the daemon may still offer it when the label is on its way. */
    const given = new Map<string, number>();
    /** How many wait that this station does not hold. */
    let waiting = 0;
    /** The session before is being ended. */
    let leaving: Promise<unknown> = Promise.resolve();
    const read = () => localStorage.getItem(KEPT);
    const write = (text: string | null) => (text === null ? localStorage.removeItem(KEPT) : localStorage.setItem(KEPT, text));
    let outbox: Outbox;
    let showing: Showing;
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
      /** Who has to sign in, so that their labels are sent. */
      waiters: '',
      left: 0,
      taskName: '',
      classes: [] as KioskWork['tasks'][number]['classes'],
      comment: '',
      /** Datasets with shapes to draw. */
      elsewhere: '',
      /** Own parts of which the reviewer has not been told. */
      finished: [] as KioskWork['finished'],
      reported: false,
      sight: 'none' as Sight,
      canTakeBack: false,

      async init() {
        outbox = new Outbox({
          read,
          write,
          send: (kept) => this.send(kept),
          changed: () => {
            this.unsent = outbox.count + (held ? 1 : 0);
            this.waiters = outbox.owners.join(', ');
            // The last label has arrived: perhaps there is more, or a part is finished.
            if (this.screen === 'empty' && !this.unsent) void this.more();
          },
          refused: ({ submission }) => {
            given.delete(keyOf(submission));
            this.problem = { key: 'kiosk.refused' } satisfies Said;
          },
        });
        showing = new Showing({
          image: () => (this as unknown as { $refs: Record<string, HTMLImageElement> }).$refs.picture as HTMLImageElement,
          changed: (sight) => {
            this.sight = sight;
          },
          again: () => void this.again(),
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
          showing.hide();
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
        else {
          this.screen = 'people';
          void outbox.flush();
        }
      },
      station() {
        return this.stationName || t('kiosk.title');
      },
      spoken: () => language.now,
      speak: (next: Language) => setLanguage(next),
      owners() {
        if (this.waiters) return t('kiosk.owners', { names: this.waiters, n: this.unsent });
        return this.unsent ? t('kiosk.kept', { n: this.unsent }) : '';
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
          await leaving;
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
        idleTimer = window.setTimeout(() => this.leave(), view.idleSeconds * 1000);
      },
      /** At once, also where the line is down: the labels go out without a session. */
      leave() {
        this.sendHeld();
        this.signedOut();
        // Before anybody else begins: what is on its way shall not be given to them.
        leaving = outbox.flush().then(() => api.remove('/api/kiosk/session').catch(() => {}));
      },
      signedOut() {
        token = undefined;
        outbox.person(null);
        queue = [];
        skipped = [];
        this.finished = [];
        this.reported = false;
        showing.clear();
        this.personName = '';
        this.backToPeople();
      },

      // -------------------------------------------------------------- pictures

      async more() {
        if (asking) return;
        asking = true;
        try {
          await this.tellSkipped();
          const next = await api.post<KioskWork>('/api/kiosk/next', { count: AHEAD });
          this.offline = false;
          this.problem = null;
          work = [...next.tasks, ...work.filter(({ id }) => !next.tasks.some((task) => task.id === id))];
          waiting = next.left;
          this.elsewhere = next.elsewhere.join(', ');
          this.finished = next.finished;
          const known = new Set(queue.map(keyOf));
          for (const one of next.pictures) {
            const mine = held && keyOf(held.picture) === keyOf(one);
            const past = given.get(keyOf(one)) === one.revision || skipped.includes(one.lease) || outbox.has(one.taskId, one.n);
            if (!known.has(keyOf(one)) && !mine && !past) queue.push(one);
          }
          for (const one of queue) showing.prepare(one);
        } catch (error) {
          this.failed(error);
        } finally {
          asking = false;
        }
        this.show();
      },
      async report({ taskId, partId }: KioskWork['finished'][number]) {
        this.busy = true;
        try {
          await api.post('/api/kiosk/done', { taskId, partId });
          this.reported = true;
          await this.more();
        } catch (error) {
          this.failed(error);
        } finally {
          this.busy = false;
        }
      },
      failed(error: unknown) {
        if (error instanceof ApiError && error.code === 'kiosk_not_signed_in') this.signedOut();
        else if (error instanceof ApiError && error.code === 'kiosk_not_enrolled') this.screen = 'enrol';
        else if (error instanceof ApiError && error.status === 0) this.offline = true;
        else this.problem = error;
      },
      show() {
        if (!this.personName) return;
        const [one] = queue;
        this.left = waiting + queue.length;
        if (!one) {
          showing.hide();
          this.screen = 'empty';
          return;
        }
        const task = work.find((of) => of.id === one.taskId);
        this.screen = 'work';
        this.reported = false;
        this.taskName = task?.name ?? '';
        this.classes = task?.classes ?? [];
        this.comment = one.comment;
        void showing.show(one);
      },
      /** A picture that could not be fetched. */
      async again() {
        showing.retry();
        await this.more();
      },
      seen() {
        return this.sight === 'fresh' || this.sight === 'open';
      },
      proposed(label: number) {
        const proposal = queue[0]?.proposal;
        return this.seen() && proposal?.label === label ? `${Math.round(proposal.score * 100)} %` : '';
      },
      /** null: to be deleted. */
      label(label: number | null) {
        const one = queue[0];
        if (!one || !showing.isOpen(one)) return;
        this.sendHeld();
        queue.shift();
        const submission: Kept['submission'] = {
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
        showing.forget(picture);
        given.set(keyOf(picture), picture.revision);
        outbox.add({ personId: this.personId, personName: this.personName, submission });
      },
      takeBack() {
        if (!held) return;
        clearTimeout(heldTimer);
        queue.unshift(held.picture);
        held = null;
        this.canTakeBack = false;
        this.unsent = outbox.count;
        this.show();
      },
      /** Also one that does not come. */
      maySkip() {
        return this.sight === 'open' || this.sight === 'late' || this.sight === 'missing';
      },
      skip() {
        if (!this.maySkip()) return;
        this.sendHeld();
        const one = queue.shift();
        if (!one) return;
        skipped.push(one.lease);
        showing.forget(one);
        this.show();
        if (queue.length <= AHEAD / 2) void this.more();
        else void this.tellSkipped().catch(() => {});
      },
      /** Somebody else's turn; before this station asks for more. */
      async tellSkipped() {
        const leases = [...skipped];
        if (!leases.length) return;
        await api.post<KioskRenewal>('/api/kiosk/leases/release', { leases });
        skipped = skipped.filter((lease) => !leases.includes(lease));
      },
      async send({ personId, submission }: Kept): Promise<Delivery> {
        try {
          await api.post<KioskSubmitted>('/api/kiosk/submit', { ...submission, personId });
          this.offline = false;
          return 'sent';
        } catch (error) {
          if (!(error instanceof ApiError)) return 'later';
          if (error.code === 'kiosk_not_signed_in') return 'signedOut';
          if (error.code === 'kiosk_not_enrolled') {
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
        if (this.sight === 'missing') await this.again();
        else if (this.screen === 'empty') await this.more();
      },
    });
  },
});
