// SPDX-License-Identifier: Apache-2.0
// Just enough of a web server, with the original's habits: reason phrases that say what is wrong, and every origin
// may read everything.

import { createServer } from 'node:http';
import { text as bodyOf } from 'node:stream/consumers';

const CORS = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Methods': 'GET,PUT,POST,DELETE,OPTIONS',
    'Access-Control-Allow-Headers': 'Content-Type, Depth, User-Agent, X-File-Size, X-Requested-With, X-Requested-By, '
        + 'If-Modified-Since, X-File-Name, Cache-Control, WWW-Authenticate',
};

/** An answer with JSON, or with no body at all. */
export const answer = (status, reason, json, headers = {}) => ({ status, reason, json, headers });

/** A request that ends here, with an answer. */
export class Refusal extends Error {
    constructor(...parts) {
        super();
        this.answer = answer(...parts);
    }
}

/** The body's JSON; `wrong` refuses what is none. */
export function parse(text, wrong) {
    try {
        return JSON.parse(text);
    } catch {
        throw wrong;
    }
}

/**
 * Listens on 127.0.0.1. Routes are [method, pattern, function(…groups, {body, query})], the first that fits answers.
 * @param {object} server {port, routes, version: what its own errors carry, missing: (method) => answer}
 * @returns {Promise<() => Promise<void>>} how to end it
 */
export async function serve({ port, routes, version, missing }) {
    const respond = async (request) => {
        const url = new URL(request.url, 'http://127.0.0.1');
        const body = await bodyOf(request);
        if (request.method === 'OPTIONS')
            return answer(200, 'OK', { message: 'options request', ...version });
        const here = routes.filter(([, pattern]) => pattern.test(url.pathname));
        const route = here.find(([method]) => method === request.method);
        if (!route)
            return here.length ? answer(405, 'Method Not Allowed', { message: 'Method Not Allowed', ...version }) : missing();
        try {
            return await route[2](...route[1].exec(url.pathname).slice(1), { body, query: url.searchParams, request });
        } catch (error) {
            return error instanceof Refusal ? error.answer
                : answer(500, 'Internal Server Error', { message: 'Internal Server Error', ...version });
        }
    };
    const server = createServer(async (request, response) => {
        const { status, reason, json, headers } = await respond(request);
        const text = json === undefined ? '' : JSON.stringify(json);
        response.writeHead(status, reason, {
            'Content-Type': json === undefined ? 'text/html; charset=UTF-8' : 'application/json; charset=UTF-8',
            'Content-Length': Buffer.byteLength(text), ...status === 401 && { 'WWW-Authenticate': 'Authenticate' },
            ...CORS, ...headers,
        });
        response.end(text);
    });
    await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return () => new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
    });
}
