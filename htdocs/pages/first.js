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

// The person's own choice of a language, where the site has several: the server reads the cookie.
/** @param {string} language in its own words */
const called = (language) => {
    const name = new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language;
    return name[0].toLocaleUpperCase(language) + name.slice(1);
};

/** The page again: a form's answer by the address that it was the answer to. */
function reload() {
    const fields = [...document.querySelectorAll('#password-way form input[type="hidden"]:not([name="csrf"])')]
        .map((field) => /** @type {HTMLInputElement} */ (field)).filter(({ value }) => value);
    if (location.search || !fields.length)
        return location.reload();
    location.replace(location.pathname + '?' + new URLSearchParams(fields.map(({ name, value }) => [name, value])) + location.hash);
}

document.addEventListener('DOMContentLoaded', () => {
    const foot = /** @type {HTMLElement | null} */ (document.querySelector('footer[data-languages]'));
    const languages = foot?.dataset.languages?.split(' ').filter(Boolean) ?? [];
    if (!foot || !languages.length)
        return;
    const select = document.createElement('select');
    select.setAttribute('aria-label', foot.dataset.language ?? '');
    select.append(...languages.map((language) => {
        const option = new Option(called(language), language, false, language === html.lang);
        option.lang = language;
        return option;
    }));
    select.addEventListener('change', () => {
        document.cookie = `mpin-language=${select.value}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === 'https:' ? '; Secure' : ''}`;
        reload();
    });
    foot.append(select);
});
