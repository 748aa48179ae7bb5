// SPDX-License-Identifier: Apache-2.0
// The Worker for a Milagro server, whose curve is BN254CX. Loaded where there is one and nowhere else.

import { BN254CX } from '../curve/bncx.js';
import { serve } from '../keep/serve.js';

export const run = serve(BN254CX);
