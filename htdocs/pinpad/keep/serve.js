// SPDX-License-Identifier: Apache-2.0
// The vault's calls are answered here: by messages in a Worker, by the function in a page that imports this as a module.

import { operationsOn } from './operations.js';

/** @typedef {import('./operations.js').Operations} Operations */

/** @param {import('../curve/mpin.js').Curve} curve */
export function serve(curve) {
    const operations = operationsOn(curve);

    /**
     * The request's PIN is wiped, whatever comes of it.
     * @param {keyof Operations} name
     * @param {any} request
     */
    async function run(name, request) {
        try {
            return await operations[name](request);
        } finally {
            request.pin?.fill(0);
        }
    }

    if (!globalThis.document) {
        addEventListener('message', async ({ data: { id, name, request } }) => {
            try {
                postMessage({ id, value: await run(name, request) });
            } catch (error) {
                postMessage({ id, error: String(error) });
            }
        });
        postMessage({ id: 0 }); // ready
    }
    return run;
}
