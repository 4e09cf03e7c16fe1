/*
 * The other end of a socket, for tests: sends descriptors, as QEMU does. Not part of the server, and plain blocking
 * calls only.
 */
#include <node_api.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "trial.h"

/* The most that the kernel takes with one message. */
#define FDS_MAX 253

static napi_value answer(napi_env env, int64_t value, const char *what)
{
	napi_value result = NULL;

	if (value < 0)
		napi_throw_error(env, what, strerror(errno));
	else
		napi_create_int64(env, value, &result);
	return result;
}

static bool args(napi_env env, napi_callback_info info, size_t count, napi_value *argv)
{
	size_t argc = count;

	napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
	return argc >= count;
}

static int number(napi_env env, napi_value value)
{
	int32_t n = -1;

	napi_get_value_int32(env, value, &n);
	return n;
}

static napi_value connect_to(napi_env env, napi_callback_info info)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	napi_value argv[1];
	size_t length;
	int fd;

	if (!args(env, info, 1, argv))
		return NULL;
	napi_get_value_string_utf8(env, argv[0], address.sun_path, sizeof(address.sun_path), &length);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		fd = -1;
	}
	return answer(env, fd, "connect");
}

/* send(socket, bytes, fds: Int32Array): what the kernel took; 0 when the socket is full. */
static napi_value send_fds(napi_env env, napi_callback_info info)
{
	union {
		char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec bytes;
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
	napi_value argv[3];
	size_t count;
	ssize_t sent;
	void *fds;

	if (!args(env, info, 3, argv))
		return NULL;
	napi_get_typedarray_info(env, argv[1], NULL, &bytes.iov_len, &bytes.iov_base, NULL, NULL);
	napi_get_typedarray_info(env, argv[2], NULL, &count, &fds, NULL, NULL);
	if (count > FDS_MAX)
		count = FDS_MAX;
	if (count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		memset(&control, 0, sizeof(control));
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(count * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), fds, count * sizeof(int));
	}
	sent = sendmsg(number(env, argv[0]), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && errno == EAGAIN)
		sent = 0;
	return answer(env, sent, "send");
}

/* receive(socket, into): the number of bytes, 0 at the end, -1 when there is nothing now. */
static napi_value receive(napi_env env, napi_callback_info info)
{
	napi_value argv[2], nothing;
	size_t size;
	ssize_t got;
	void *into;

	if (!args(env, info, 2, argv))
		return NULL;
	napi_get_typedarray_info(env, argv[1], NULL, &size, &into, NULL, NULL);
	got = recv(number(env, argv[0]), into, size, MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN) {
		napi_create_int64(env, -1, &nothing);
		return nothing;
	}
	return answer(env, got, "receive");
}

static napi_value close_fd(napi_env env, napi_callback_info info)
{
	napi_value argv[1];

	if (args(env, info, 1, argv))
		close(number(env, argv[0]));
	return NULL;
}

static napi_value duplicate(napi_env env, napi_callback_info info)
{
	napi_value argv[1];

	if (!args(env, info, 1, argv))
		return NULL;
	return answer(env, fcntl(number(env, argv[0]), F_DUPFD_CLOEXEC, 0), "dup");
}

static napi_value event_fd(napi_env env, napi_callback_info info)
{
	(void)info;
	return answer(env, eventfd(0, EFD_CLOEXEC), "eventfd");
}

/* count(eventfd): what it has counted since it was last asked. */
static napi_value event_count(napi_env env, napi_callback_info info)
{
	napi_value argv[1];
	uint64_t count = 0;
	int fd;

	if (!args(env, info, 1, argv))
		return NULL;
	fd = number(env, argv[0]);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return answer(env, -1, "count");
	return answer(env, count, "count");
}

/* memory(size): a memfd, as QEMU's share=on. */
static napi_value memory(napi_env env, napi_callback_info info)
{
	napi_value argv[1];
	int fd;

	if (!args(env, info, 1, argv))
		return NULL;
	fd = memfd_create("guest", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, number(env, argv[0])) != 0)
		return answer(env, -1, "ftruncate");
	return answer(env, fd, "memfd");
}

static napi_value resize(napi_env env, napi_callback_info info)
{
	napi_value argv[2];

	if (!args(env, info, 2, argv))
		return NULL;
	return answer(env, ftruncate(number(env, argv[0]), number(env, argv[1])), "ftruncate");
}

/*
 * tryWays(polled, slept, messages, spoiled, burst): the thousandth parts of so many messages that were polled for, when
 * one takes so many nanoseconds each way; each polled one in `spoiled` comes after somebody else had the processor, and
 * nobody speaks for a millisecond after each `burst` of them.
 */
static napi_value try_ways(napi_env env, napi_callback_info info)
{
	int64_t polled = 0, messages, spoiled, burst;
	struct trial t = {0};
	uint64_t now = 0;
	napi_value argv[5];

	if (!args(env, info, 5, argv))
		return NULL;
	messages = number(env, argv[2]);
	spoiled = number(env, argv[3]);
	burst = number(env, argv[4]);
	trial_begin(&t, now);
	for (int64_t i = 1; i <= messages; i++) {
		now += number(env, argv[t.polls ? 0 : 1]);
		t.bytes += 32;
		polled += t.polls;
		if (t.polls && spoiled && polled % spoiled == 0)
			trial_spoil(&t, now);
		trial_judge(&t, now);
		if (burst && i % burst == 0) {
			now += 1000000;
			trial_pause(&t, now - 1000000, now);
		}
	}
	return answer(env, polled * 1000 / messages, "");
}

NAPI_MODULE_INIT()
{
	const napi_property_descriptor functions[] = {
		{"connect", NULL, connect_to, NULL, NULL, NULL, napi_default, NULL},
		{"send", NULL, send_fds, NULL, NULL, NULL, napi_default, NULL},
		{"receive", NULL, receive, NULL, NULL, NULL, napi_default, NULL},
		{"close", NULL, close_fd, NULL, NULL, NULL, napi_default, NULL},
		{"duplicate", NULL, duplicate, NULL, NULL, NULL, napi_default, NULL},
		{"eventFd", NULL, event_fd, NULL, NULL, NULL, napi_default, NULL},
		{"eventCount", NULL, event_count, NULL, NULL, NULL, napi_default, NULL},
		{"memory", NULL, memory, NULL, NULL, NULL, napi_default, NULL},
		{"tryWays", NULL, try_ways, NULL, NULL, NULL, napi_default, NULL},
		{"resize", NULL, resize, NULL, NULL, NULL, napi_default, NULL},
	};

	napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
	return exports;
}
