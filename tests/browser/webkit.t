// SPDX-License-Identifier: Apache-2.0
// The main stories in WebKit.
const { runIn } = require('./stories.js');

runIn(require('./engines/webkit.js'));
