// SPDX-License-Identifier: Apache-2.0
// /mpin/mpin-pad.js, the pad for pages with ES modules:
// <mpin-pad settings="…" return="…" user="…" success="…" offer confirm others>

import { Flow } from '../keep/flow.js';
import { withFragment } from '../screens/elsewhere.js';
import { Stage } from '../screens/stage.js';
import { SCREENS } from '../screens/table.js';
import { loadTexts } from '../screens/texts.js';

const base = new URL('.', import.meta.url).href;

class MpinPad extends HTMLElement {
    async connectedCallback() {
        /** @param {string} name */
        const value = (name) => this.getAttribute(name) ?? '';
        const back = this.getAttribute('return') ?? undefined;
        const text = await loadTexts(base, document.documentElement.lang || navigator.language);
        const flow = new Flow({
            base,
            settings: new URL(value('settings'), document.baseURI).href,
            back,
            user: value('user'),
            success: withFragment(value('success'), back),
            offer: this.hasAttribute('offer'),
            confirm: this.hasAttribute('confirm'),
            others: this.hasAttribute('others'),
        });
        this.stage = new Stage(this, text, flow, SCREENS);
        this.stage.go('start');
    }

    /** For the page's own "Sign in another way". */
    byPhone() {
        this.stage?.go('phone');
    }
}

customElements.define('mpin-pad', MpinPad);
