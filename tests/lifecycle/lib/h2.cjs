// SPDX-License-Identifier: Apache-2.0
// One request over HTTP/2 without TLS: `get`, or a websocket by extended CONNECT (RFC 8441), with cookies or as a
// `stranger`. Prints every header that comes, and the data.
const http2 = require('node:http2');

const [how, origin, path, cookie] = process.argv.slice(2);
const client = http2.connect(origin);

function show(headers) {
    for (const [name, values] of Object.entries(headers)) {
        for (const value of [values].flat()) {
            console.log(`${name}: ${value}`);
        }
    }
}

function ask() {
    const socket = { ':method': 'CONNECT', ':protocol': 'websocket', 'sec-websocket-version': '13', 'sec-fetch-mode': 'websocket' };
    const request = client.request({
        ':path': path, ':scheme': 'http', ':authority': new URL(origin).host, 'accept': '*/*',
        ...(how === 'get' ? { ':method': 'GET' } : socket),
        ...(how === 'stranger' ? {} : { cookie }),
    }, { endStream: how === 'get' });
    request.on('headers', show);
    request.on('response', (headers) => {
        show(headers);
        if (how === 'socket' && headers[':status'] === 200) {
            request.write('ping');
        } else {
            request.end();
        }
    });
    let data = '';
    request.on('data', (piece) => {
        data += piece;
        if (/pong/.test(data)) {
            request.end();
        }
    });
    request.on('close', () => {
        console.log(`data: ${data}`);
        client.close();
    });
    request.on('error', (error) => console.log(`error: ${error.message}`));
}

client.on('error', (error) => console.log(`error: ${error.message}`));
client.on('remoteSettings', ask);
