// SPDX-License-Identifier: Apache-2.0
// The login page: PIN pad or password form first, the other one a click away.

const html = document.documentElement;
const pad = /** @type {(HTMLElement & {byPhone?: () => void, stage?: {go: (screen: string) => unknown}}) | null} */ (document.querySelector('mpin-pad'));
const form = /** @type {HTMLFormElement | null} */ (document.querySelector('#password-way form'));

/** @param {'pin' | 'password'} way */
function show(way) {
    html.dataset.way = way;
    dispatchEvent(new Event('mpin-way'));
}

/** The focus goes to the first field; on a touch screen not to the pad's, where a keyboard would cover the keys. */
function focus() {
    const inPad = matchMedia('(pointer: coarse)').matches ? null : pad?.querySelector('input');
    const place = html.dataset.way === 'pin' ? inPad ?? pad?.querySelector('h1')
        : form?.[form.username.value ? 'password' : 'username'];
    place?.focus();
}

// The pad's first screen decides, unless the server has (a refused password) or the person has begun to type.
let decided = html.dataset.way === 'password';

/** Somebody wants to be somebody else, and is not asked for the PIN of who they are. */
let another = new URLSearchParams(location.search).has('switch');

/** The way that was shown before the phone's. @type {string | undefined} */
let before;

pad?.addEventListener('mpin-screen', (event) => {
    const { screen } = /** @type {CustomEvent} */ (event).detail;
    if (another && ['enter', 'offer'].includes(screen)) {
        another = false;
        decided = !!form;
        if (form)
            show('password');
        return pad.stage?.go('choose');
    }
    if (before === 'password' && ['add', 'offer'].includes(screen))
        show(before);
    if (!screen.startsWith('phone'))
        before = undefined;
    const useless = ['empty', 'insecure', 'storage', 'confirm'].includes(screen);
    html.classList.toggle('pin-usable', !useless);
    if (!form || screen === 'loading')
        return;
    if (useless || (!decided && ['add', 'offer'].includes(screen)))
        show('password');
    else if (!decided && ['enter', 'mail', 'forgotten'].includes(screen) && form.username.value === form.username.defaultValue)
        show('pin');
    decided = true;
});

pad?.addEventListener('mpin-other', (event) => {
    if (!form)
        return;
    const { user, reset, forgotten } = /** @type {CustomEvent} */ (event).detail;
    event.preventDefault();
    form.username.value ||= user;
    /** @type {HTMLElement} */ (document.getElementById('reset-first')).hidden = !reset;
    /** @type {HTMLElement} */ (document.getElementById('forgot-first')).hidden = !forgotten;
    show('password');
    focus();
});

document.addEventListener('click', ({ target }) => {
    const way = target instanceof HTMLElement && target.dataset.to;
    if (way === 'pin' || way === 'password') {
        show(way);
        focus();
    } else if (way === 'phone') {
        before = html.dataset.way === 'pin' ? 'pin' : 'password';
        show('pin');
        pad?.byPhone?.();
    }
});

/** Counts down until a password may be tried again; the ear hears it once. @param {HTMLElement} line */
function wait(line) {
    const seconds = line.dataset.seconds ?? '';
    const until = Date.now() + Number(seconds) * 1000;
    const button = /** @type {HTMLButtonElement} */ (line.closest('form')?.querySelector('button:is(.primary, .waits)'));
    const heard = Object.assign(document.createElement('span'), { className: 'mp-hidden', textContent: line.textContent });
    const seen = document.createElement('span');
    seen.setAttribute('aria-hidden', 'true');
    line.replaceChildren(heard, seen);
    const step = () => {
        const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
        seen.textContent = (heard.textContent ?? '').replace(seconds, String(left));
        button.disabled = left > 0;
        if (left)
            return setTimeout(step, 500);
        line.remove();
    };
    step();
}

document.querySelectorAll('[data-seconds]').forEach((line) => wait(/** @type {HTMLElement} */ (line)));
