#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_poll(uv_poll_t *poll, int status, int events);

/* Tells the loop what we wait for, when that has changed. */
static void watch(struct connection *c)
{
	int events = 0;

	if (c->closed)
		return;
	if (!c->ending && c->queued < BACKLOG_MAX)
		events |= UV_READABLE;
	if (c->queued > 0)
		events |= UV_WRITABLE;
	if (events == c->events)
		return;
	c->events = events;
	uv_poll_start(&c->poll, events, on_poll);
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	struct hub *hub = c->hub;

	free(c->queue);
	free(c);
	hub_handle_closed(hub);
}

/*
 * A socket closed with something unread in it resets the other side instead of ending it, and QEMU 11.1 does not
 * survive that: it sets an error on top of another. So nothing more may come, and what came is thrown away; the
 * kernel closes descriptors in it.
 */
static void hang_up(int fd)
{
	char unread[65536];

	shutdown(fd, SHUT_RDWR);
	while (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) > 0)
		;
	close(fd);
}

void connection_close(struct connection *c)
{
	if (c->closed)
		return;
	c->closed = true;
	c->hub->connections[c->id] = NULL;
	uv_close((uv_handle_t *)&c->poll, on_poll_closed);
	hang_up(c->fd);
}

/* The other side has ended, or an error has; or what was queued before our own end has gone out. */
static void closed(struct connection *c, int error)
{
	struct hub *hub = c->hub;
	const uint32_t argv[] = {c->id, (uint32_t)error};
	struct call call;

	connection_close(c);
	if (!call_begin(hub, &call))
		return;
	call_function(hub, hub->on_closed, 2, argv);
	call_finish(hub, &call);
}

static bool keep(struct connection *c, const uint8_t *data, size_t size)
{
	if (c->head > 0 && c->head + c->queued + size > c->queue_size) {
		memmove(c->queue, c->queue + c->head, c->queued);
		c->head = 0;
	}
	if (c->queued + size > c->queue_size) {
		size_t larger = c->queue_size ? c->queue_size : 4096;
		uint8_t *queue;

		while (larger < c->queued + size)
			larger *= 2;
		queue = realloc(c->queue, larger);
		if (!queue)
			return false;
		c->queue = queue;
		c->queue_size = larger;
	}
	memcpy(c->queue + c->head + c->queued, data, size);
	c->queued += size;
	return true;
}

/* Nothing more goes out; reading finds out why, and tells. */
static void give_up_sending(struct connection *c)
{
	c->broken = true;
	c->queued = 0;
}

/* Answers how many bytes the socket took. */
static size_t try_send(struct connection *c, const uint8_t *data, size_t size)
{
	ssize_t sent;

	do
		sent = send(c->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS && errno != ENOMEM)
		give_up_sending(c);
	return 0;
}

void connection_send(struct connection *c, const uint8_t *data, size_t size)
{
	size_t sent = 0;

	if (c->closed || c->broken || c->ending || size == 0)
		return;
	if (c->queued == 0)
		sent = try_send(c, data, size);
	if (sent == size)
		return;
	/* A stream with a hole in it is worse than none. */
	if (!c->broken && !keep(c, data + sent, size - sent)) {
		give_up_sending(c);
		shutdown(c->fd, SHUT_RDWR);
	}
	watch(c);
}

static void send_queued(struct connection *c)
{
	size_t sent = try_send(c, c->queue + c->head, c->queued);

	if (!c->broken) {
		c->head += sent;
		c->queued -= sent;
	}
	if (c->queued == 0) {
		/* One slow moment must not cost memory for ever. */
		free(c->queue);
		c->queue = NULL;
		c->head = c->queue_size = 0;
		if (c->ending) {
			closed(c, 0);
			return;
		}
	}
	watch(c);
}

bool connection_end(struct connection *c)
{
	c->ending = true;
	if (c->queued == 0)
		connection_close(c);
	else
		watch(c);
	return c->closed;
}

static unsigned collect_fds(struct hub *hub, struct msghdr *message)
{
	unsigned count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		size_t size = part->cmsg_len - CMSG_LEN(0);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(hub->fds + count, CMSG_DATA(part), size);
		count += size / sizeof(int);
	}
	return count;
}

static void deliver(struct connection *c, size_t size, unsigned fds, bool truncated)
{
	struct hub *hub = c->hub;
	const uint32_t argv[] = {c->id, size, fds, truncated};
	struct call call;

	if (!call_begin(hub, &call)) {
		while (fds > 0)
			close(hub->fds[--fds]);
		return;
	}
	call_function(hub, hub->on_data, 4, argv);
	call_finish(hub, &call);
}

/* Serves one small message and answers it. False: nothing has happened, it is to be served the other way. */
static bool serve_quickly(struct connection *c, size_t size)
{
	int32_t reply = c->queued == 0 ? call_quick(c->hub, c->id, size) : -1;

	if (reply > 0)
		connection_send(c, c->hub->out, (size_t)reply < c->hub->out_size ? (size_t)reply : c->hub->out_size);
	return reply >= 0;
}

bool connection_read(struct connection *c)
{
	struct hub *hub = c->hub;
	struct iovec bytes = {hub->in, hub->in_size};
	union {
		char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t size = recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (size < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		closed(c, errno);
		return true;
	}
	if (size == 0) {
		closed(c, 0);
		return true;
	}
	hub->trial.bytes += size;
	if (size <= QUICK_MAX && !message.msg_controllen && !(message.msg_flags & MSG_CTRUNC) &&
	    serve_quickly(c, size))
		return true;
	deliver(c, size, message.msg_controllen ? collect_fds(hub, &message) : 0,
		message.msg_flags & MSG_CTRUNC);
	return true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct connection *c = poll->data;

	/* The loop has stopped watching a socket with an error: reading tells which, after all that came before it. */
	if (status < 0) {
		c->events = 0;
		connection_read(c);
		watch(c);
		return;
	}
	if (events & UV_WRITABLE)
		send_queued(c);
	if ((events & UV_READABLE) && !c->closed && !c->ending && connection_read(c) && !c->closed)
		spin_touch(c->hub, c->last_message = uv_hrtime());
}

struct connection *connection_find(struct hub *hub, uint32_t id)
{
	return id < hub->connections_size ? hub->connections[id] : NULL;
}

static bool find_slot(struct hub *hub, uint32_t *id)
{
	uint32_t larger = hub->connections_size ? hub->connections_size * 2 : 16;
	struct connection **slots;

	for (*id = 0; *id < hub->connections_size; ++*id)
		if (!hub->connections[*id])
			return true;
	slots = realloc(hub->connections, larger * sizeof(struct connection *));
	if (!slots)
		return false;
	memset(slots + hub->connections_size, 0,
	       (larger - hub->connections_size) * sizeof(struct connection *));
	hub->connections = slots;
	hub->connections_size = larger;
	return true;
}

bool connection_open(struct hub *hub, int fd, uint32_t *id)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c || !find_slot(hub, id) || uv_poll_init(hub->loop, &c->poll, fd) != 0) {
		free(c);
		close(fd);
		return false;
	}
	c->hub = hub;
	c->fd = fd;
	c->id = *id;
	c->poll.data = c;
	hub->connections[*id] = c;
	hub->open_handles++;
	watch(c);
	return true;
}
