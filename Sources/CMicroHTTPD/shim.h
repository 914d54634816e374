#pragma once
#include <microhttpd.h>
#include <stdint.h>
#include <fcntl.h>
#include <sys/epoll.h> /* Swift's Glibc module leaves it out. */
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* MHD_start_daemon, MHD_get_connection_info and MHD_upgrade_action are variadic, which Swift cannot import. */

struct shim_mhd_options {
  int listen_socket;
  unsigned int connection_limit;
  unsigned int timeout_seconds;
  size_t connection_memory;
  MHD_AccessHandlerCallback handler;
  MHD_RequestCompletedCallback completed;
  void *(*request_line)(void *cls, const char *target, struct MHD_Connection *connection);
  MHD_AcceptPolicyCallback accept;
  MHD_NotifyConnectionCallback connection;
  void *cls;
};

static inline struct MHD_Daemon *shim_mhd_start(const struct shim_mhd_options *o) {
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ITC, 0, o->accept, o->cls, o->handler, o->cls,
      MHD_OPTION_LISTEN_SOCKET, o->listen_socket,
      MHD_OPTION_CONNECTION_LIMIT, o->connection_limit,
      MHD_OPTION_CONNECTION_TIMEOUT, o->timeout_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, o->connection_memory,
      MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_NOTIFY_COMPLETED, o->completed, o->cls,
      MHD_OPTION_NOTIFY_CONNECTION, o->connection, o->cls,
      MHD_OPTION_URI_LOG_CALLBACK, o->request_line, o->cls,
      MHD_OPTION_END);
}

/* Takes no further connections: the listening socket's descriptor, which the daemon keeps and closes in the end, becomes one on
   which nothing ever happens. Closing the socket takes it out of the daemon's epoll set. */
static inline void shim_mhd_stop_listening(int listener) {
  int silent = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (silent < 0 || dup2(silent, listener) < 0) {
    shutdown(listener, SHUT_RDWR); /* no descriptor is left: refused all the same, at the cost of a busy thread */
  } else {
    fcntl(listener, F_SETFD, FD_CLOEXEC);
  }
  if (silent >= 0) close(silent);
}

static inline int shim_mhd_socket(struct MHD_Connection *c) {
  const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
  return i ? i->connect_fd : -1;
}

static inline const struct sockaddr *shim_mhd_peer(struct MHD_Connection *c) {
  const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return i ? i->client_addr : NULL;
}

static inline void shim_mhd_close_upgraded(struct MHD_UpgradeResponseHandle *h) {
  MHD_upgrade_action(h, MHD_UPGRADE_ACTION_CLOSE);
}
