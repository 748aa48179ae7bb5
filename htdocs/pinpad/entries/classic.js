// SPDX-License-Identifier: Apache-2.0
// /mpin.js: `new mpin({…})` as pages made for Milagro's pad write it. The name is there at once; the pad waits for its
// target.

import { Flow } from '../keep/flow.js';
import { Stage } from '../screens/stage.js';
import { SCREENS } from '../screens/table.js';
import { loadTexts } from '../screens/texts.js';
import { script } from '../wire/exchange.js';

const base = new URL('mpin/', /** @type {HTMLScriptElement} */ (document.currentScript).src).href;

/**
 * Milagro's options. mobileAppFullURL is what a person who types a number opens on the phone.
 * @typedef {object} MilagroOptions
 * @property {string} targetElement id
 * @property {string} clientSettingsURL
 * @property {string} [prerollid] the user whom the page expects
 * @property {string} [landingPage] "add" or "home"
 * @property {boolean} [mobileSupport]
 * @property {boolean} [mobileOnly]
 * @property {string} [mobileAppFullURL]
 * @property {string} [successLoginURL]
 * @property {string} [successSetupURL]
 * @property {(answer: object) => void} [onSuccessLogin]
 * @property {(identity: object, done: () => void) => void} [onSuccessSetup]
 * @property {(number: number) => void} [onError]
 * @property {(user: string) => void} [onAccountDisabled]
 * @property {() => void} [onLoaded]
 * @property {string | RegExp} [identityCheckRegex] or "email", the rule of Milagro's pad
 * @property {boolean} [setDeviceName]
 * @property {string} [language]
 * @property {Record<string, Record<string, string>>} [customLanguageTexts]
 */

const NO_ANSWER = 4001; // the number of trouble of every kind

/**
 * The meanings of options that only Milagro's pad gave them, where a page has one of those.
 * @param {MilagroOptions} options
 * @returns {Promise<{[name: string]: any}>}
 */
async function meaningsFor({ customLanguageTexts, onError, identityCheckRegex }) {
    return customLanguageTexts || onError || identityCheckRegex === 'email'
        ? script(base + 'original.js').catch(() => ({})) : {};
}

/**
 * The page's element, as soon as it is there.
 * @param {string} id
 * @returns {Promise<HTMLElement>}
 */
function target(id) {
    return new Promise((resolve) => {
        const look = () => {
            const element = document.getElementById(id);
            if (element) {
                observer.disconnect();
                resolve(element);
            }
        };
        const observer = new MutationObserver(look);
        observer.observe(document, { childList: true, subtree: true });
        look();
    });
}

/** The pad brings its styles, once a page. */
function addStyles() {
    const href = base + 'mpin.css';
    if ([...document.styleSheets].some((sheet) => sheet.href === href))
        return;
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    document.head.append(link);
}

/** @param {MilagroOptions} options */
async function begin(options) {
    const { onError, identityCheckRegex: rule, customLanguageTexts: custom } = options;
    const language = options.language ?? (document.documentElement.lang || navigator.language);
    const { EMAIL, numberOf = () => NO_ANSWER, textsOf } = await meaningsFor(options);
    const [root, text] = await Promise.all([
        target(options.targetElement), loadTexts(base, language, custom && textsOf ? textsOf(custom) : custom)]);
    addStyles();
    const flow = new Flow({
        base,
        settings: new URL(options.clientSettingsURL, document.baseURI).href,
        user: options.prerollid,
        preroll: !!options.prerollid,
        landing: options.landingPage,
        phone: options.mobileSupport,
        phoneOnly: options.mobileOnly,
        success: options.successLoginURL,
        successSetup: options.successSetupURL,
        mobileApp: options.mobileAppFullURL,
        nameRule: rule === 'email' ? EMAIL : rule,
        setDeviceName: options.setDeviceName,
        onSuccessLogin: options.onSuccessLogin,
        onSuccessSetup: options.onSuccessSetup,
        onError: onError && ((error) => onError(numberOf(error))),
        onAccountDisabled: options.onAccountDisabled,
        onLoaded: options.onLoaded,
    });
    new Stage(root, text, flow, SCREENS).go('start');
}

/** @type {any} */ (window).mpin = class {
    /** @param {MilagroOptions} options */
    constructor(options) {
        begin(options);
    }
};
