// SPDX-License-Identifier: Apache-2.0
// The main stories in Firefox.
const { runIn } = require('./stories.js');

runIn(require('./engines/firefox.js'));
