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
static inline CURLcode shim_curl_set_open_socket(CURL *h, curl_opensocket_callback v) { return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, v); }
static inline const void *shim_curl_address_bytes(const struct curl_sockaddr *a) { return &a->addr; }
static inline CURLcode shim_curl_get_pointer(CURL *h, CURLINFO i, void **v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode shim_curl_get_socket(CURL *h, curl_socket_t *v) { return curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, v); }
static inline CURLMcode shim_curl_multi_set_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
static inline CURLcode shim_curl_message_result(const CURLMsg *m) { return m->data.result; }
