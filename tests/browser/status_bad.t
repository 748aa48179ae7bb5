// SPDX-License-Identifier: Apache-2.0
// The status page where something is broken: the first line says what, and the table what to do.
const assert = require('node:assert/strict');
const { openProfile, run, startSite } = require('./browser.js');
const { check } = require('./pictures.js');

const start = () => startSite((folder) => `
MPinAuditLog syslog:${folder}/nobody-listens
<Location /how>
    SetHandler mpin-status
    Require all granted
</Location>
`);

run({
    async what_is_broken_is_said_first_with_what_to_do(t) {
        const page = await openProfile(t);
        const refused = await page.request.post('/login', { form: { a: 'b' }, headers: { Origin: 'https://elsewhere.example', Accept: 'text/html' } });
        assert.equal(refused.status(), 403); // which is a record
        await page.goto('/how');
        assert.equal(await page.locator('h1.bad').innerText(), 'The audit log loses records');
        const part = page.locator('dl > .bad');
        assert.match(await part.innerText(), /^Audit log broken\nIt takes no records\. Lost: [1-9]\d*\.\nMake room/);
        await check(page, 'status-bad');
    },
}, start);
