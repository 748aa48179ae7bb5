// SPDX-License-Identifier: Apache-2.0
// Runs before the page is painted: a device that has a PIN here sees the pad first, and nothing jumps.
// It only hints; login.js decides when the pad has looked.

const html = document.documentElement;
html.classList.add('has-script');
try {
    // Milagro's pad and mobile app left theirs under the other two names, until our pad has looked.
    html.dataset.way ||= ['mpin-known', 'mpinjs', 'mpin'].map((key) => localStorage.getItem(key)).find((it) => it !== null)
        ? 'pin' : '';
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
