// SPDX-License-Identifier: Apache-2.0
// The main stories in Chromium.
const { runIn } = require('./stories.js');

runIn(require('./engines/chromium.js'));
