/* SPDX-License-Identifier: Apache-2.0 */
/* Valgrind runs the ADX instructions but does not announce them, so that blst would take its slower
 * path and the count would be no login's. httpd loads this file (LoadFile) after the module, and it
 * says "there is ADX" where blst looks: MPIN_ADX is the module's file and how far that flag lies
 * from its one exported symbol. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define BLST_CAP_ADX 1

__attribute__((constructor)) static void use_adx(void)
{
    const char *where = getenv("MPIN_ADX");
    char file[1024];
    long offset;
    if (!where || sscanf(where, "%1023s %ld", file, &offset) != 2)
        return;
    void *module = dlopen(file, RTLD_NOW | RTLD_NOLOAD);
    char *record = module ? dlsym(module, "auth_mpin_module") : NULL;
    if (record)
        *(int *)(void *)(record + offset) |= BLST_CAP_ADX;
}
