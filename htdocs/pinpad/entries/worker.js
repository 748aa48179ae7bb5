// SPDX-License-Identifier: Apache-2.0
// The vault's other half: a Worker, or where a page's policy forbids one, part of the page. Its mathematics are on
// BLS12-381.

import { BLS12381 } from '../curve/bls12381.js';
import { serve } from '../keep/serve.js';

export const run = serve(BLS12381);
