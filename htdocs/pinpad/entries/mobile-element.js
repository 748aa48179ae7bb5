// SPDX-License-Identifier: Apache-2.0
// /mpin/mpin-mobile.js, the page that a phone opens to sign in another computer: <mpin-mobile settings="…" application>

import english from 'texts:mobile';
import { PhoneFlow } from '../keep/phone-flow.js';
import { SCREENS_OF_A_PHONE } from '../screens/mobile.js';
import { Stage } from '../screens/stage.js';
import { loadTexts } from '../screens/texts.js';

const base = new URL('.', import.meta.url).href;

class MpinMobile extends HTMLElement {
    /** @type {Stage<PhoneFlow>} */
    stage;

    async connectedCallback() {
        const text = await loadTexts(base, document.documentElement.lang || navigator.language);
        text.add(english);
        const settings = new URL(this.getAttribute('settings') ?? '', document.baseURI).href;
        const flow = new PhoneFlow({ base, settings, mobile: true, application: this.getAttribute('application') ?? '' });
        this.stage = new Stage(this, text, flow, SCREENS_OF_A_PHONE);
        addEventListener('hashchange', () => flow.takeCode() && this.stage.go('start')); // another code, in the same tab
        this.stage.go('start');
    }
}

customElements.define('mpin-mobile', MpinMobile);
