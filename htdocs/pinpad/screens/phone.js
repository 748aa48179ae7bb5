// SPDX-License-Identifier: Apache-2.0
// A login by phone, seen from this computer: it has a code, and goes where its phone has led it.

import { newCode, progress, withdraw } from '../wire/codes.js';
import { Poll } from '../wire/poll.js';
import { over, showCode, showOther, showScanned, showUser } from './phone-screens.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('../wire/codes.js').Code} Code */
/** @typedef {import('../wire/codes.js').Progress} Progress */
/** @typedef {import('./stage.js').Stage} Stage */

const ANSWER = 9_000; // ms: the phone waits for 10 s

/** @param {Stage} stage */
export function phone(stage) {
    return stage.busy(async () => {
        const code = await newCode(stage.flow.rps, stage.options.user ?? '');
        new PhoneLogin(stage, await pictured(stage, code)).begin();
    }, (error) => refused(stage, error));
}

/**
 * A Milagro server knows the code and not where phones go with it: that is the page's own app, or the site's. Its picture
 * is drawn here; without the script for that the number does.
 * @param {Stage} stage
 * @param {Code} code
 */
async function pictured({ flow, options }, code) {
    const { mobilePage } = flow.rps.settings;
    if (!code.twin || !code.qrUrl)
        return code;
    const app = options.mobileApp ? new URL(options.mobileApp, document.baseURI).href : mobilePage && flow.rps.at(mobilePage);
    const qrUrl = app ? code.qrUrl.replace(/^[^#]*/, app.replace(/#.*/, '')) : code.qrUrl;
    const qrSvg = await flow.load('qr.js').then((script) => script.qrSvg(qrUrl), () => undefined);
    return { ...code, qrUrl, qrSvg };
}

/** @param {Stage} stage @param {RpsError} error */
function refused(stage, error) {
    over(stage, { name: 'phone-refused', title: stage.text('phone_title') });
    stage.explain(error);
}

/** A code while it lasts. */
export class PhoneLogin {
    /** The last screen of ours. @type {HTMLElement | undefined} */
    section;
    shown = ''; // the answer of the server that is on the screen
    decided = false; // a PIN was right: only the person at this computer is asked now
    left = new AbortController();

    /**
     * @param {Stage} stage
     * @param {Code} code
     */
    constructor(stage, code) {
        this.stage = stage;
        this.code = code;
        this.until = Date.now() + code.ttlSeconds * 1000;
        /** @type {Poll<Progress>} */
        this.poll = new Poll({
            wanted: () => this.wanted(),
            question: () => progress(stage.flow.rps, code),
            heard: (answer) => this.here && this.heed(answer),
            refused: (error) => this.here && this.unheard(error),
        });
    }

    begin() {
        const { signal } = this.left;
        addEventListener('pagehide', () => this.leave(), { signal });
        addEventListener('online', () => this.poll.ask(), { signal });
        document.addEventListener('visibilitychange', () => this.poll.look(document.hidden), { signal });
        showCode(this.stage, { login: this });
    }

    // ---- asking --------------------------------------------------------------------------------

    /** One of our screens is the one that is seen. */
    get here() {
        return !this.left.signal.aborted && this.stage.section === this.section;
    }

    /** Ends the login where somebody has left, or has let a question go by; else the server may be asked. */
    wanted() {
        if (!this.here)
            this.leave();
        else if (this.decided && Date.now() >= this.until)
            this.over('phone_over');
        return this.here && !this.decided;
    }

    /** There is no answer. @param {RpsError} error */
    unheard({ unheard = true, status }) {
        if (!unheard && status !== 429)
            return this.over('phone_over');
        if (status !== 429)
            this.stage.warn(this.stage.text('phone_unheard', { site: this.stage.flow.rps.settings.title }));
        if (Date.now() >= this.until)
            this.over('phone_over');
    }

    /** @param {Progress} answer */
    heed(answer) {
        const { status, userId, match } = answer;
        if (this.poll.unanswered)
            this.stage.warn('');
        if (status === 'authenticate')
            return this.decide(answer);
        if (status === 'abort')
            return this.over('phone_aborted');
        if (status === 'expired' || Date.now() >= this.until)
            return this.over('phone_over');
        const wanted = JSON.stringify([status, match, userId]);
        if (wanted === this.shown || status === 'new')
            return;
        this.shown = wanted;
        const show = status === 'user' ? showUser : showScanned;
        show(this.stage, { login: this, answer });
    }

    /** A PIN was right. Was it another user's than was announced, the person is asked first. @param {Progress} answer */
    decide(answer) {
        const { stage } = this;
        const { userId, provenUserId } = answer;
        this.decided = true;
        if (provenUserId && provenUserId !== userId) {
            this.until = Date.now() + ANSWER;
            return showOther(stage, { login: this, answer });
        }
        if (stage.screenName !== 'phone-user')
            showUser(stage, { login: this, answer });
        this.enter(answer);
    }

    // ---- the end -------------------------------------------------------------------------------

    /** @param {Progress} answer */
    enter({ authOTT }) {
        const { stage } = this;
        this.stop();
        stage.busy(async () => stage.go('arrive', await stage.flow.rps.authenticate({ authOTT }, stage.options.back ?? '')),
            (error) => error.status === 408 ? this.over('phone_over') : refused(stage, error));
    }

    /** @param {string} reason */
    over(reason) {
        const { stage } = this;
        this.stop();
        over(stage, { name: 'phone-over', title: stage.text(reason), text: stage.text(reason + '_text') });
    }

    cancel() {
        this.leave();
        this.stage.go('home');
    }

    /** Somebody has left: the code is good for nothing any more. */
    leave() {
        if (this.left.signal.aborted)
            return;
        this.stop();
        withdraw(this.stage.flow.rps, this.code);
    }

    stop() {
        this.poll.end();
        this.stage.stopCountdown();
        this.left.abort();
    }
}
