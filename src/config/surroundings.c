/* SPDX-License-Identifier: Apache-2.0 */
#include "config/surroundings.h"

#include <ap_listen.h>
#include <http_core.h>
#include <string.h>
#include <sys/stat.h>
#include <unixd.h>
#include <unistd.h>

/* 127.0.0.0/8, ::1, and the former as the latter writes it. */
static bool is_loopback(const apr_sockaddr_t *address)
{
    static const unsigned char one[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};
    const unsigned char *bytes = address->ipaddr_ptr;
    if (address->family == APR_INET)
        return bytes[0] == 127;
    return address->family == APR_INET6 &&
           (!memcmp(bytes, one, 16) || (!memcmp(bytes, mapped, 12) && bytes[12] == 127));
}

bool surroundings_all_loopback(void)
{
    for (const ap_listen_rec *each = ap_listeners; each; each = each->next)
        if (!is_loopback(each->bind_addr))
            return false;
    return ap_listeners != NULL;
}

bool surroundings_listen(unsigned port)
{
    for (const ap_listen_rec *each = ap_listeners; each; each = each->next)
        if (each->bind_addr->port == port)
            return true;
    return false;
}

static bool takes(const server_rec *vhost, const apr_sockaddr_t *address)
{
    for (const server_addr_rec *each = vhost->addrs; each; each = each->next)
        if ((!each->host_port || each->host_port == address->port) &&
            (apr_sockaddr_is_wildcard(each->host_addr) ||
             apr_sockaddr_equal(each->host_addr, address)))
            return true;
    return false;
}

bool surroundings_main_serves(const server_rec *main_server)
{
    for (const ap_listen_rec *listener = ap_listeners; listener; listener = listener->next) {
        const server_rec *vhost = main_server->next;
        while (vhost && !takes(vhost, listener->bind_addr))
            vhost = vhost->next;
        if (!vhost)
            return true;
    }
    return false;
}

/* The Listen line of the vhost's port, else the first. httpd's list has the last one first, but for
 * the time that it reads its configuration first, as for apachectl -t. */
static const ap_listen_rec *listener_of(const server_rec *server)
{
    const bool in_order = ap_state_query(AP_SQ_CONFIG_GEN) == 0;
    const apr_port_t port = server->addrs ? server->addrs->host_port : 0;
    const ap_listen_rec *first = NULL;
    for (const ap_listen_rec *each = ap_listeners; each; each = each->next) {
        if (each->bind_addr->port == port)
            return each;
        if (!first || !in_order)
            first = each;
    }
    return first;
}

bool surroundings_local_url(const server_rec *server, public_url_t *url, apr_pool_t *p)
{
    const ap_listen_rec *listener = listener_of(server);
    if (!listener || !surroundings_all_loopback())
        return false;

    const apr_sockaddr_t *address = listener->bind_addr;
    const char *host = address->family == APR_INET6 ? "::1" : "127.0.0.1";
    if (address->hostname && !strcasecmp(address->hostname, "localhost"))
        host = "localhost";
    const bool https = listener->protocol && !strcmp(listener->protocol, "https");
    return !public_url_make(url, https, host, address->port, p);
}

apr_uid_t surroundings_uid(void)
{
    return geteuid() ? geteuid() : ap_unixd_config.user_id;
}

apr_gid_t surroundings_gid(void)
{
    return geteuid() ? getegid() : ap_unixd_config.group_id;
}

/* httpd reads its configuration twice at a start, as generations 0 and 1. */
bool surroundings_reload(void)
{
    return ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

bool surroundings_inside(const char *path, const char *directory)
{
    const size_t len = strlen(directory);
    return !strncmp(path, directory, len) &&
           (!path[len] || path[len] == '/' || directory[len - 1] == '/');
}

bool surroundings_others_read(const char *path)
{
    struct stat info;
    return !stat(path, &info) && (info.st_mode & (S_IRWXG | S_IRWXO));
}
