/* SPDX-License-Identifier: Apache-2.0 */
/* The store's contract, kept by LMDB. */
#include "store_contract.h"

int main(void)
{
    return store_contract("store contract on LMDB", fixture_make);
}
