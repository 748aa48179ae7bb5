/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_SETTINGS_H
#define MPIN_CONFIG_SETTINGS_H

#include "config/parse.h"

/* The settings of a server and of a directory, made from settings.def and directory.def: each field
 * holds its default from birth, and `written` tells what the administrator set. Nothing here knows
 * httpd. */

#define WORDS_MAX 60 /* httpd hands at most 64 on, and silently drops the rest */

enum {
#define SETTING(directive, type, field, ...) SETTING_##field,
#include "config/settings.def"
    SETTING_COUNT
};

typedef struct server_config_t {
#define SETTING(directive, type, field, ...) type field;
#include "config/settings.def"
    const written_t *written[SETTING_COUNT]; /* NULL where the default holds */
    struct place_t *place; /* where the site stands, made by post_config; NULL: engine off */
} server_config_t;

/* Directives of either kind, with the words that they take. */
typedef struct setting_t {
    const char *directive;
    const char *takes;
    int least, most;
    int index; /* in `written` */
    const char *(*parse)(void *config, const words_t *words);
} setting_t;

/* By SETTING_ number; and the directory's, ended by an empty row. */
extern const setting_t server_settings[];
extern const setting_t directory_settings[];

server_config_t *settings_make(apr_pool_t *p);
server_config_t *settings_merge(const server_config_t *base, const server_config_t *add,
                                apr_pool_t *p);

/* Puts MPinPathPrefix in front of each page that no MPinPath names. Once all is merged; a second time
 * changes nothing. */
void settings_move(server_config_t *config, apr_pool_t *p);

/* Has it a trusted login of that name (NULL: any)? */
bool settings_trust(const server_config_t *config, const char *name);

dir_config_t *directory_make(apr_pool_t *p);
dir_config_t *directory_merge(const dir_config_t *base, const dir_config_t *add, apr_pool_t *p);

/* Reads the words into `config` (a server_config_t or dir_config_t, as the setting has it). NULL,
 * or what is wrong and the mend. */
const char *setting_read(const setting_t *setting, void *config, const words_t *words);

#endif
