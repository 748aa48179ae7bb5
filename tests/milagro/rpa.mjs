// SPDX-License-Identifier: Apache-2.0
// A relying party as Milagro's tutorial has one, with the pad's files beside it: its page, what an RPS asks it, and
// where the pad redeems an authOTT. For tests only.

import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { text as bodyOf } from 'node:stream/consumers';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' };

/** The tutorial's page: the script, its element and its options. */
export const page = (script) => `<!doctype html><html lang="en"><head><title>An application</title>
<script src="${script}"></script><script src="/application.js"></script></head>
<body><main><div id="pinHolder"></div></main></body></html>`;

const application = (options) => `window.calls = [];
const note = (name) => (value, done) => { calls.push([name, value]); if (done) done(); };
new mpin({ targetElement: 'pinHolder', mobileAppFullURL: '/m/index.html', ${options} });`;

/**
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.rps whose private side it asks
 * @param {string} [options.files] the pad's files, where it has them itself
 * @param {() => {html: string, options: string, headers?: object}} options.page
 * @returns {Promise<{url: string, permits: number, verdict: object, redeemed: object[], stop: () => Promise<void>}>}
 */
export async function startRpa({ port, rps, files, page: pageNow }) {
    const state = { permits: 200, verdict: { forceActivate: true }, redeemed: [] };
    const server = createServer(async (request, response) => {
        const { pathname } = new URL(request.url, 'http://127.0.0.1');
        const send = (status, type, body = '', headers = {}) =>
            response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }).end(body);
        const file = files && join(files, pathname);
        if (pathname === '/')
            return send(200, 'text/html', pageNow().html, pageNow().headers);
        if (pathname === '/application.js')
            return send(200, 'text/javascript', application(pageNow().options));
        if (pathname === '/mpinVerify')
            return send(200, 'application/json', JSON.stringify(state.verdict));
        if (pathname === '/mpinPermitUser')
            return send(state.permits, 'text/plain');
        if (pathname === '/protected')
            return send(200, 'text/html', '<title>Protected</title><h1>You are in</h1>');
        if (pathname === '/mpinAuthenticate') {
            const { mpinResponse } = JSON.parse(await bodyOf(request));
            const answer = await fetch(`${rps}/authenticate`, {
                method: 'POST', headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ authOTT: mpinResponse.authOTT }),
            });
            state.redeemed.push(await answer.json());
            return send(answer.status, 'application/json', '{"someUserData":"for onSuccessLogin"}');
        }
        if (!file || !existsSync(file) || !extname(file))
            return send(404, 'text/plain', 'nothing here');
        response.writeHead(200, { 'Content-Type': TYPES[extname(file)], 'Cache-Control': 'no-store' });
        createReadStream(file).pipe(response);
    });
    await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return Object.assign(state, {
        url: `http://127.0.0.1:${port}`,
        stop: () => new Promise((resolve) => {
            server.close(resolve);
            server.closeAllConnections();
        }),
    });
}

/**
 * The vhost that is such an application's RPS, on a port of its own, as startSite takes it.
 * @param {{service: string, application: string, pages?: string[]}} parts the RPS's origin, the application's, and those
 *     of the pages that may use it
 */
export const serviceOf = ({ service, application, pages = [application] }) => (folder) => `
Listen ${new URL(service).host}
<VirtualHost ${new URL(service).host}>
    MPinEngine On
    MPinPublicURL ${service}
    MPinStore "lmdb:${folder}/demo/service"
    MPinService rps
    MPinVerifyURL ${application}/mpinVerify
    MPinPermitURL ${application}/mpinPermitUser
    MPinCORS ${pages.join(' ')}
</VirtualHost>
`;
