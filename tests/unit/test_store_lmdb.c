/* LMDB keeps every promise of store.h. */
#include "store_contract.h"

int main(void)
{
    return store_contract("lmdb", fixture_make);
}
