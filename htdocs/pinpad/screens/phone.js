// This computer's side of a phone login: it shows a code, and goes where its phone has led it. A script of its own,
// fetched when somebody wants to sign in this way.

import english from 'texts:phone';
import { grouped, newCode, progress, withdraw } from '../wire/codes.js';
import { h } from './dom.js';
import { ring, toNodes } from './drawing.js';

/** @typedef {import('./screens.js').Screens} Screens */
/** @typedef {import('../wire/codes.js').Code} Code */
/** @typedef {import('../wire/codes.js').Progress} Progress */
/** @typedef {import('../wire/rps.js').RpsError} RpsError */

const POLL = 3_000; // ms between questions
const SLOWEST = 15_000; // ms, while the server gives no answer
const ANSWER = 9_000; // ms: the phone waits for 10 s
const UNSEEN = 120_000; // ms that a page which nobody looks at goes on asking

/** @param {Screens} screens */
export async function signInByPhone(screens) {
    screens.text.add(english);
    await screens.busy(async () => new PhoneLogin(screens, await newCode(screens.rps, screens.options.user ?? '')).begin(),
        (error) => {
            if (!error.status || error.status >= 500)
                return screens.offline(error);
            over(screens, 'phone-refused', screens.text('phone_title'), '');
            screens.explain(error);
        });
}

/**
 * The end of a code, and a new beginning.
 * @param {Screens} screens
 * @param {string} name
 * @param {string} title
 * @param {string} text
 */
function over(screens, name, title, text) {
    screens.show(name, title, text && h('p.mp-text', {}, text), screens.lines, h('div.mp-buttons', {},
        screens.button('primary', screens.text('phone_new'), () => signInByPhone(screens)),
        screens.button('plain', screens.text('back'), () => screens.home())));
}

/** The address that a person types: without what goes without saying. @param {string} url */
const typed = (url) => url.replace(/#.*/, '').replace(/^https?:\/\//, '').replace(/(\/index\.html|\/)$/, '');

class PhoneLogin {
    /**
     * @param {Screens} screens
     * @param {Code} code
     */
    constructor(screens, code) {
        this.screens = screens;
        this.text = screens.text;
        this.code = code;
        this.until = Date.now() + code.ttlSeconds * 1000;
        this.shown = ''; // what of the server's answers is on the screen
        this.asking = false;
        this.unanswered = 0;
        this.unseen = 0; // since when nobody looks, 0 = somebody does
        this.decided = false; // a PIN was right: only the person at this computer is asked now
        this.left = new AbortController();
        /** @type {Element | null} */
        this.section = null;
    }

    begin() {
        const { signal } = this.left;
        addEventListener('pagehide', () => this.leave(), { signal });
        addEventListener('online', () => this.ask(), { signal });
        document.addEventListener('visibilitychange', () => {
            this.unseen = document.hidden ? Date.now() : 0;
            if (!this.unseen)
                this.ask();
        }, { signal });
        this.showCode();
        this.later(POLL);
    }

    // ---- screens -------------------------------------------------------------------------------

    showCode() {
        const { qrSvg, qrUrl = '', accessNumber = '' } = this.code;
        const { screens, text } = this;
        // A page that names a mobile app of its own means that one, which a QR code of ours does not lead to.
        const address = typed(screens.options.mobileApp || qrUrl || location.host + '/m');
        const drawing = qrSvg && address === typed(qrUrl) && toNodes(qrSvg);
        this.show('phone', text('phone_title'),
            drawing && h('p.mp-text', {}, text('phone_scan')),
            drawing && h('div.mp-qr', { role: 'img', 'aria-label': text('phone_qr') }, drawing),
            h('p.mp-text', {}, ...screens.textWith(drawing ? 'phone_type' : 'phone_type_only', 'address', h('strong', {}, address))),
            h('p.mp-number', {}, h('span.mp-hidden', {}, [...accessNumber].join(' ')),
                h('span', { 'aria-hidden': 'true' }, grouped(accessNumber))));
    }

    /** @param {Progress} progress */
    showScanned({ match }) {
        const title = match ? this.text('phone_confirm', { n: match }) : this.text('phone_scanned');
        this.show('phone-scanned', title,
            match && h('p.mp-match', { 'aria-hidden': 'true' }, match),
            h('p.mp-text', {}, this.text(match ? 'phone_confirm_text' : 'phone_go_on')));
    }

    /** @param {Progress} progress */
    showUser({ userId }) {
        this.show('phone-user', userId ? this.text('phone_user', { user: userId }) : this.text('phone_entering'),
            h('p.mp-text', {}, this.text('phone_go_on')));
    }

    /**
     * Whoever has entered a PIN is not who was announced: nobody is signed in without being asked.
     * @param {Progress} progress
     */
    question({ userId, provenUserId: user = '', authOTT }) {
        const { screens, text } = this;
        this.until = Date.now() + ANSWER;
        this.show('phone-other', text('phone_other', { user }), h('p.mp-text', {}, text('phone_other_text', { user: userId })));
        this.section?.querySelector('.mp-buttons')?.prepend(
            screens.button('primary', text('phone_other_yes', { user }), () => this.enter(authOTT)));
    }

    /**
     * A screen with the time that is left and a way out.
     * @param {string} name
     * @param {string} title
     * @param {...(Node | string | false | null | undefined)} content
     */
    show(name, title, ...content) {
        const { screens, text } = this;
        const clock = ring();
        const time = h('span', { role: 'timer' });
        screens.show(name, title, ...content, h('p.mp-time', {}, clock.element, time), screens.lines,
            h('div.mp-buttons', {}, screens.button('plain', text('phone_cancel'), () => this.cancel())));
        this.section = screens.root.firstElementChild;
        const tick = () => {
            const left = Math.max(0, Math.ceil((this.until - Date.now()) / 1000));
            clock.turn(left / this.code.ttlSeconds);
            time.textContent = text('phone_left', { time: Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0') });
            if (!left)
                this.ask();
        };
        tick();
        screens.countdown = setInterval(tick, 1000);
    }

    // ---- asking --------------------------------------------------------------------------------

    /** Whether one of our screens is the one that is seen. */
    get here() {
        return !this.left.signal.aborted && this.screens.root.firstElementChild === this.section;
    }

    /** @param {number} ms */
    later(ms) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.ask(), ms);
    }

    /** One question, unless one is under way or nobody wants to know. */
    async ask() {
        if (!this.here)
            return this.leave();
        if (this.decided)
            return Date.now() < this.until ? undefined : this.over('phone_over');
        if (this.asking || (this.unseen && Date.now() - this.unseen > UNSEEN))
            return;
        this.asking = true;
        let wait = POLL;
        try {
            const answer = await progress(this.screens.rps, this.code);
            if (this.unanswered)
                this.screens.warn('');
            this.unanswered = 0;
            if (this.here)
                this.heed(answer);
        } catch (error) {
            wait = this.unheard(/** @type {RpsError} */ (error));
        }
        this.asking = false;
        if (this.here)
            this.later(wait);
    }

    /**
     * What to do when there is no answer: wait longer each time, and as long as the server says.
     * @param {RpsError} error
     */
    unheard({ status, retryAfter }) {
        this.unanswered++;
        if (!this.here)
            return POLL;
        if (status && status < 500 && status !== 429) {
            this.over('phone_over');
            return POLL;
        }
        if (status !== 429)
            this.screens.warn(this.text('phone_unheard', { site: this.screens.rps.settings.title }));
        if (Date.now() > this.until)
            this.over('phone_over');
        return status === 429 ? Math.min(retryAfter, 60) * 1000 : Math.min(POLL * 2 ** (this.unanswered - 1), SLOWEST);
    }

    /** @param {Progress} answer */
    heed(answer) {
        const { status, userId, authOTT, provenUserId } = answer;
        if (status === 'authenticate') {
            this.decided = true;
            return provenUserId && provenUserId !== userId ? this.question(answer) : this.enter(authOTT, answer);
        }
        if (status === 'abort')
            return this.over('phone_aborted');
        if (status === 'expired' || Date.now() > this.until)
            return this.over('phone_over');
        const wanted = JSON.stringify([status, answer.match, userId]);
        if (wanted === this.shown || status === 'new')
            return;
        this.shown = wanted;
        status === 'user' ? this.showUser(answer) : this.showScanned(answer);
    }

    // ---- the end -------------------------------------------------------------------------------

    /**
     * @param {string} authOTT
     * @param {Progress} [answer] shown, where it is news
     */
    enter(authOTT, answer) {
        const { screens } = this;
        if (answer && screens.screenName !== 'phone-user')
            this.showUser(answer);
        this.stop();
        screens.busy(async () => screens.arrive(await screens.rps.authenticate({ authOTT }, screens.options.state ?? '')),
            (error) => {
                if (!error.status || error.status >= 500)
                    return screens.offline(error);
                if (error.status === 408)
                    return this.over('phone_over');
                over(screens, 'phone-refused', this.text('phone_title'), '');
                screens.explain(error);
            });
    }

    /** @param {string} reason */
    over(reason) {
        this.stop();
        over(this.screens, 'phone-over', this.text(reason), this.text(reason + '_text'));
    }

    cancel() {
        this.leave();
        this.screens.home();
    }

    /** Somebody has left: what was shown is good for nothing any more. */
    leave() {
        if (this.left.signal.aborted)
            return;
        this.stop();
        withdraw(this.screens.rps, this.code);
    }

    stop() {
        clearTimeout(this.timer);
        clearInterval(this.screens.countdown);
        this.left.abort();
    }
}
