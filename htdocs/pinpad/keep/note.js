// SPDX-License-Identifier: Apache-2.0
// Small things that this browser is to remember.

/** Where an application has filled its storage up, nothing is noted, and all the rest goes on. @param {string} key @param {string} value */
export function note(key, value) {
    try {
        localStorage.setItem(key, value);
    } catch {
        // no room
    }
}
