// SPDX-License-Identifier: Apache-2.0
// A question that is asked again and again: seldom while no answer is heard, and not at all while nobody looks.

/** @typedef {import('./exchange.js').RpsError} RpsError */

const POLL = 3_000; // ms between questions
const SLOWEST = 15_000; // ms, while the server gives no answer
const UNSEEN = 120_000; // ms that a page which nobody looks at goes on asking

/**
 * @template T
 * @typedef {object} Matter
 * @property {() => boolean} wanted it may be asked now
 * @property {() => Promise<T>} question
 * @property {(answer: T) => void} heard
 * @property {(error: RpsError) => void} refused
 */

/** @template T */
export class Poll {
    unanswered = 0; // questions since the last answer
    unseen = 0; // since when nobody looks, 0 = somebody does
    asking = false;
    ended = false;

    /** @param {Matter<T>} matter */
    constructor(matter) {
        this.matter = matter;
        this.later(POLL);
    }

    /** @param {number} ms */
    later(ms) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.ask(), ms);
    }

    /** One question, unless one is under way or nobody wants to know. */
    async ask() {
        const { matter } = this;
        if (this.ended || !matter.wanted() || this.asking || (this.unseen && Date.now() - this.unseen > UNSEEN))
            return;
        this.asking = true;
        let wait = POLL;
        try {
            matter.heard(await matter.question());
            this.unanswered = 0;
        } catch (error) {
            const { status, retryAfter } = /** @type {RpsError} */ (error);
            wait = status === 429 ? Math.min(retryAfter, 60) * 1000 : Math.min(POLL * 2 ** this.unanswered, SLOWEST);
            this.unanswered++;
            matter.refused(/** @type {RpsError} */ (error));
        }
        this.asking = false;
        if (!this.ended)
            this.later(wait);
    }

    /** Asks at once when somebody looks again. @param {boolean} hidden */
    look(hidden) {
        this.unseen = hidden ? Date.now() : 0;
        if (!hidden)
            this.ask();
    }

    end() {
        clearTimeout(this.timer);
        this.ended = true;
    }
}
