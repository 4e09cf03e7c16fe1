/*
 * Descriptors that came from a client: eventfds and guest memory. A client may lie about both, so they are looked
 * at before use, and memory is reached by pread and pwrite: a mapping of a file that shrinks would end us by SIGBUS.
 */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int get_fd(napi_env env, napi_value value)
{
	int32_t fd = -1;

	napi_get_value_int32(env, value, &fd);
	return fd;
}

static napi_value close_fd(napi_env env, napi_callback_info info)
{
	napi_value argv[1];

	if (get_args(env, info, 1, argv))
		close(get_fd(env, argv[0]));
	return NULL;
}

/* checkEventFd(fd): throws unless it is an eventfd, and makes it one that never blocks. */
static napi_value check_event_fd(napi_env env, napi_callback_info info)
{
	char link[64], target[64];
	napi_value argv[1];
	ssize_t length;
	int fd, flags;

	if (!get_args(env, info, 1, argv))
		return NULL;
	fd = get_fd(env, argv[0]);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return throw_errno(env, errno == ENOENT ? EBADF : errno, "eventfd");
	target[length] = 0;
	if (strcmp(target, "anon_inode:[eventfd]") != 0)
		return throw_errno(env, EINVAL, "not an eventfd");
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0))
		return throw_errno(env, errno, "eventfd");
	return NULL;
}

/* signal(fd): a full counter is as good as one more; the client may have made the descriptor block again. */
static napi_value signal_fd(napi_env env, napi_callback_info info)
{
	const uint64_t one = 1;
	struct pollfd ready;
	napi_value argv[1];

	if (!get_args(env, info, 1, argv))
		return NULL;
	ready = (struct pollfd){.fd = get_fd(env, argv[0]), .events = POLLOUT};
	if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) &&
	    write(ready.fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		return throw_errno(env, errno, "signal");
	return NULL;
}

/* checkMemory(fd, offset, size): throws unless the range lies within a regular file. */
static napi_value check_memory(napi_env env, napi_callback_info info)
{
	uint64_t offset, size;
	bool exact[2] = {false, false};
	napi_value argv[3];
	struct stat file;

	if (!get_args(env, info, 3, argv))
		return NULL;
	if (napi_get_value_bigint_uint64(env, argv[1], &offset, &exact[0]) != napi_ok ||
	    napi_get_value_bigint_uint64(env, argv[2], &size, &exact[1]) != napi_ok || !exact[0] ||
	    !exact[1])
		return throw_errno(env, EINVAL, "memory");
	if (fstat(get_fd(env, argv[0]), &file) != 0)
		return throw_errno(env, errno, "memory");
	if (!S_ISREG(file.st_mode))
		return throw_errno(env, EINVAL, "memory: not a file");
	if (offset > (uint64_t)file.st_size || size > (uint64_t)file.st_size - offset)
		return throw_errno(env, EINVAL, "memory: past the end of the file");
	return NULL;
}

struct range {
	int fd;
	uint64_t offset;
	uint8_t *data;
	size_t size;
};

static bool get_range(napi_env env, napi_callback_info info, struct range *range)
{
	bool exact = false;
	napi_value argv[3];

	if (!get_args(env, info, 3, argv))
		return false;
	range->fd = get_fd(env, argv[0]);
	if (napi_get_value_bigint_uint64(env, argv[1], &range->offset, &exact) == napi_ok && exact &&
	    range->offset <= INT64_MAX &&
	    napi_get_typedarray_info(env, argv[2], NULL, &range->size, (void **)&range->data, NULL,
				     NULL) == napi_ok)
		return true;
	throw_errno(env, EINVAL, "memory");
	return false;
}

/* readMemory(fd, offset, into): all of it, or EFAULT when the file has shrunk. */
static napi_value read_memory(napi_env env, napi_callback_info info)
{
	struct range r;

	if (!get_range(env, info, &r))
		return NULL;
	while (r.size > 0) {
		ssize_t n = pread(r.fd, r.data, r.size, r.offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return throw_errno(env, n == 0 ? EFAULT : errno, "read guest memory");
		r.data += n;
		r.offset += n;
		r.size -= n;
	}
	return NULL;
}

/* writeMemory(fd, offset, from): never makes the file larger, as a write past its end would. */
static napi_value write_memory(napi_env env, napi_callback_info info)
{
	struct stat file;
	struct range r;

	if (!get_range(env, info, &r))
		return NULL;
	if (fstat(r.fd, &file) != 0)
		return throw_errno(env, errno, "write guest memory");
	if (r.offset > (uint64_t)file.st_size || r.size > (uint64_t)file.st_size - r.offset)
		return throw_errno(env, EFAULT, "write guest memory");
	while (r.size > 0) {
		ssize_t n = pwrite(r.fd, r.data, r.size, r.offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return throw_errno(env, n == 0 ? EFAULT : errno, "write guest memory");
		r.data += n;
		r.offset += n;
		r.size -= n;
	}
	return NULL;
}

napi_value memory_exports(napi_env env, napi_value exports)
{
	const napi_property_descriptor functions[] = {
		{"closeFd", NULL, close_fd, NULL, NULL, NULL, napi_default, NULL},
		{"checkEventFd", NULL, check_event_fd, NULL, NULL, NULL, napi_default, NULL},
		{"signal", NULL, signal_fd, NULL, NULL, NULL, napi_default, NULL},
		{"checkMemory", NULL, check_memory, NULL, NULL, NULL, napi_default, NULL},
		{"readMemory", NULL, read_memory, NULL, NULL, NULL, napi_default, NULL},
		{"writeMemory", NULL, write_memory, NULL, NULL, NULL, napi_default, NULL},
	};

	napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
	return exports;
}
