// SPDX-License-Identifier: Apache-2.0
// Who sends SMS, as far as tests go: a webhook, and Twilio's Messages resource. Both keep what came, and misbehave as they
// are told: `manner` answers a request in place of the stub, once or for good.
const { createServer } = require('node:http');

const ACCOUNT = 'AC0123456789abcdef0123456789abcdef';
const TOKEN = 'twilio-token-for-tests';

/** Ways to misbehave: each is given (response, request). */
const MANNERS = {
    status: (status, body = '', headers = {}) => (response) => response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body),
    never: () => () => {},
    half: () => (response) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 500 });
        response.write('{"sid":"SM1');
        setTimeout(() => response.destroy(), 20);
    },
    cut: () => (response) => response.destroy(),
    huge: () => (response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(`{"sid":"${'x'.repeat(300_000)}"}`),
    nonsense: () => (response) => response.writeHead(201, { 'Content-Type': 'application/json' }).end('{"sid": ["no'),
};

const bodyOf = async (request) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8'))
        text += piece;
    return text;
};

/** A server with `messages` and `manner`; `answer(request, text)` gives [status, body] and the message, if it is one. */
async function start(port, answer) {
    const stub = { messages: [], requests: [], manner: null, once: null };
    const server = createServer(async (request, response) => {
        const text = await bodyOf(request);
        stub.requests.push({ method: request.method, url: request.url, headers: request.headers, text });
        const manner = stub.once ?? stub.manner;
        stub.once = null;
        if (manner)
            return manner(response, request);
        const { status, body, message } = answer(request, text);
        if (message)
            stub.messages.push(message);
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
    });
    await new Promise((done) => server.listen(port, '127.0.0.1', done));
    stub.close = () => { server.closeAllConnections(); server.close(); };
    return stub;
}

/** {to, text, code} by POST. */
const startWebhook = (port) => start(port, (_request, text) => ({ status: 204, message: JSON.parse(text) }));

/** POST /2010-04-01/Accounts/SID/Messages.json, as Twilio's documentation has it. */
const startTwilio = (port) => start(port, (request, text) => {
    const refuse = (status, code, message) => ({ status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } });
    const basic = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`;
    if (request.headers.authorization !== basic)
        return refuse(401, 20003, 'Authenticate');
    if (request.method !== 'POST' || request.url !== `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`)
        return refuse(404, 20404, 'The requested resource was not found');
    if (request.headers['content-type'] !== 'application/x-www-form-urlencoded')
        return refuse(415, 20415, 'Unsupported media type');
    const { To: to, From: from, Body: body } = Object.fromEntries(new URLSearchParams(text));
    if (!to || !/^\+[1-9]\d{6,14}$/.test(to))
        return refuse(400, 21211, `The 'To' number ${to} is not a valid phone number.`);
    if (to.endsWith('0000'))
        return refuse(400, 21614, `'To' number is not a valid mobile number`);
    if (!from || !body)
        return refuse(400, from ? 21602 : 21603, 'A parameter is required');
    return { status: 201, message: { to, from, text: body },
        body: { sid: `SM${'0'.repeat(32)}`, account_sid: ACCOUNT, to, from, body, status: 'queued', error_code: null, error_message: null } };
});

module.exports = { ACCOUNT, MANNERS, TOKEN, startTwilio, startWebhook };
