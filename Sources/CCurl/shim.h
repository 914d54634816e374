#pragma once
#include <curl/curl.h>

/* libcurl's setters and getters are variadic, which Swift cannot import: one typed function for each kind of argument. */

typedef size_t (*shim_curl_data_callback)(char *data, size_t size, size_t count, void *user);

static inline CURLcode shim_curl_set_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode shim_curl_set_string(CURL *h, CURLoption o, const char *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode shim_curl_set_bytes(CURL *h, CURLoption o, const void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode shim_curl_set_size(CURL *h, CURLoption o, curl_off_t v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode shim_curl_set_pointer(CURL *h, CURLoption o, void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode shim_curl_set_list(CURL *h, CURLoption o, struct curl_slist *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode shim_curl_set_data_callback(CURL *h, CURLoption o, shim_curl_data_callback v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode shim_curl_get_pointer(CURL *h, CURLINFO i, void **v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode shim_curl_get_socket(CURL *h, curl_socket_t *v) { return curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, v); }
static inline CURLMcode shim_curl_multi_set_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
static inline CURLcode shim_curl_message_result(const CURLMsg *m) { return m->data.result; }

/* Asked before each connection is made, with the very address. Swift sees no curl_sockaddr: with it sockaddr would become this
   module's, and the files that have it from Glibc would not compile. */
struct shim_curl_gate {
    int (*may_connect)(void *user, int family, const void *address, unsigned length);
    void *user;
};

static inline curl_socket_t shim_curl_open_socket(void *gate, curlsocktype purpose, struct curl_sockaddr *a) {
    const struct shim_curl_gate *g = gate;
    (void)purpose;
    if (!g->may_connect(g->user, a->family, &a->addr, a->addrlen)) return CURL_SOCKET_BAD;
    return socket(a->family, a->socktype, a->protocol);
}

static inline void shim_curl_set_gate(CURL *h, struct shim_curl_gate *gate) {
    curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, shim_curl_open_socket);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, gate);
}
