#pragma once
#include <sys/socket.h>
#include <wslay/wslay.h>

/* Flags of send and recv are not everywhere in what Swift imports of libc. */
static inline ssize_t shim_recv_nowait(int socket, void *buffer, size_t count) { return recv(socket, buffer, count, MSG_DONTWAIT); }
static inline ssize_t shim_send_nowait(int socket, const void *bytes, size_t count) {
  return send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}
