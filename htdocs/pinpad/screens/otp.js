// The one-time code after a login: shown until it is over or the person is done. Fetched where codes are issued.

import english from 'texts:otp';
import { h } from './dom.js';

/**
 * @param {import('./screens.js').Screens} screens
 * @param {string} code six digits
 * @param {number} seconds how long it is good
 * @param {() => void} done the person goes on
 */
export function showCode(screens, code, seconds, done) {
    const { text } = screens;
    text.add(english);
    const until = performance.now() + seconds * 1000;
    // An ear hears digits one by one; the countdown is for the eye, and its end for both.
    const number = h('p.mp-number', {},
        h('span', { 'aria-hidden': 'true' }, code.slice(0, 3) + ' ' + code.slice(3)),
        h('span.mp-hidden', {}, [...code].join(' ')));
    const time = h('p.mp-time', { 'aria-hidden': 'true' });
    const copy = navigator.clipboard && screens.button('plain', text('otp_copy'), () =>
        navigator.clipboard.writeText(code).then(() => screens.say(text('otp_copied')), () => {}));
    screens.show('otp', text('otp_title'), h('p.mp-text', {}, text('otp_text')), number, time, screens.lines,
        h('div.mp-buttons', {}, screens.button('primary', text('otp_done'), () => {
            clearInterval(screens.countdown);
            done();
        }), copy));
    const tick = () => {
        const left = Math.ceil((until - performance.now()) / 1000);
        time.textContent = text('otp_left', { n: Math.max(left, 0) });
        if (left > 0)
            return;
        clearInterval(screens.countdown);
        number.remove();
        time.remove();
        copy?.remove();
        screens.say('');
        screens.warn(text('otp_over'));
    };
    tick();
    screens.countdown = setInterval(tick, 500);
}
