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
