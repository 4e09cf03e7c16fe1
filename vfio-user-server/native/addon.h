/*
 * The system side of the vfio-user server: what Node has no call for. Everything runs on the thread of the event
 * loop that loaded the addon; every structure belongs to that environment's hub.
 */
#ifndef MOCK_ACCEL_ADDON_H
#define MOCK_ACCEL_ADDON_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "trial.h"

/* As many as QEMU sends with one message. The kernel closes what is more and says MSG_CTRUNC. */
#define FDS_MAX 16

/* A client that has left so many bytes unread is not read from until it has taken them. */
#define BACKLOG_MAX (256 * 1024)

/* The largest of the messages that come most, one at a time: a write of 4 bytes. */
#define QUICK_MAX 36

struct connection;
struct listener;

struct hub {
	napi_env env;
	uv_loop_t *loop;
	napi_async_context context;
	napi_ref receiver, on_data, on_quick, on_closed, on_accept;
	napi_ref in_ref, out_ref, fds_ref;
	/* Shared with JavaScript: bytes and descriptors read, and a quick answer. */
	uint8_t *in, *out;
	size_t in_size, out_size;
	int32_t *fds;
	struct connection **connections;
	uint32_t connections_size;
	struct listener *listeners;
	uint32_t last_listener;
	/* Given up for a moment when there are no descriptors left, so that a client can be refused. */
	int reserve_fd;
	unsigned open_handles;
	bool ending;
	napi_async_cleanup_hook_handle cleanup;
	/* Busy polling, nanoseconds; see spin.c. */
	uv_idle_t idle;
	uint64_t spin_for, last_message;
	struct trial trial;
	bool spinning;
};

struct connection {
	struct hub *hub;
	uv_poll_t poll;
	int fd, events;
	uint32_t id;
	/* Broken: nothing more goes out. Ending: closes as soon as the queue is empty. */
	bool closed, broken, ending;
	uint64_t last_message;
	/* Bytes that the socket did not take: queue[head] to queue[head + queued]. */
	uint8_t *queue;
	size_t head, queued, queue_size;
};

bool connection_open(struct hub *hub, int fd, uint32_t *id);
struct connection *connection_find(struct hub *hub, uint32_t id);
/* Reads once and hands on what came. Answers whether anything came (also an end). */
bool connection_read(struct connection *c);
void connection_send(struct connection *c, const uint8_t *data, size_t size);
/* Answers whether that has closed it; else it closes when the queue is empty. */
bool connection_end(struct connection *c);
void connection_close(struct connection *c);

/* Answers 0 or an errno. */
int listener_open(struct hub *hub, const char *path, uint32_t *id);
void listener_close(struct hub *hub, uint32_t id);
void listener_close_all(struct hub *hub);

/* To be told of each message that came; keeps polling while they come fast. */
void spin_touch(struct hub *hub, uint64_t now);
void spin_stop(struct hub *hub);

void hub_handle_closed(struct hub *hub);

/* Calls into JavaScript from the event loop. The scope's end runs what promises have waiting. */
struct call {
	napi_handle_scope handles;
	napi_callback_scope callback;
};
bool call_begin(struct hub *hub, struct call *call);
/* Answers false when it threw: that has been reported as an uncaught exception. */
bool call_function(struct hub *hub, napi_ref function, size_t argc, const uint32_t *argv);
void call_finish(struct hub *hub, struct call *call);
/*
 * The same without a scope, which is dearer than the call itself: nothing that the function may do waits for a promise.
 * Answers its number, -1 when it threw.
 */
int32_t call_quick(struct hub *hub, uint32_t id, uint32_t size);

napi_value throw_errno(napi_env env, int error, const char *what);
bool get_args(napi_env env, napi_callback_info info, size_t count, napi_value *argv);

napi_value memory_exports(napi_env env, napi_value exports);

#endif
