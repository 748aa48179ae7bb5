// SPDX-License-Identifier: Apache-2.0
// Runs before the page is painted: a device that has a PIN here sees the pad first, and nothing jumps.
// It only hints; login.js decides when the pad has looked.

const html = document.documentElement;
html.classList.add('has-script');
try {
    html.dataset.way ||= localStorage.getItem('mpin-known') ? 'pin' : '';
} catch {
    // no storage: the password form first
}

// At another address than the site's own nothing that is typed would be taken. The browser alone knows for sure where it
// is, whatever something in front of the server makes of it. The page leads there once; where it has just done that, the
// site leads back: then there is a link instead of a loop.
const AGAIN = 30_000; // ms
const { site, there } = html.dataset;
if (site && site !== location.origin) {
    html.classList.add('elsewhere');
    let led = true; // no storage: a link
    try {
        led = Date.now() - Number(sessionStorage.getItem('mpin-led')) < AGAIN;
        sessionStorage.setItem('mpin-led', String(Date.now()));
    } catch {
        // it stays with that
    }
    if (!led)
        location.replace(there || site + location.pathname + location.search + location.hash);
}

// A password can be looked at while it is typed, and is one again when it is sent.
/** @param {HTMLElement} button @param {boolean} shown */
function peek(button, shown) {
    const field = /** @type {HTMLInputElement} */ (document.getElementById(button.getAttribute('aria-controls') ?? ''));
    field.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
}

document.addEventListener('click', ({ target }) => {
    const button = /** @type {Element} */ (target).closest('button.peek');
    if (button instanceof HTMLElement)
        peek(button, button.getAttribute('aria-pressed') === 'false');
});
document.addEventListener('submit', ({ target }) => {
    const button = /** @type {Element} */ (target).querySelector('button.peek');
    if (button instanceof HTMLElement)
        peek(button, false);
}, true);
