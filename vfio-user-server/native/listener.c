#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct listener {
	struct hub *hub;
	struct listener *next;
	uv_poll_t poll;
	int fd;
	uint32_t id;
	/* The file that is ours: another may stand at the path by the time we close. */
	dev_t device;
	ino_t inode;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* Out of descriptors: give one up, so that the client is refused and does not wake us for ever. */
static void refuse_one(struct listener *l)
{
	struct hub *hub = l->hub;
	int fd;

	if (hub->reserve_fd < 0)
		return;
	close(hub->reserve_fd);
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	hub->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accepted(struct hub *hub, uint32_t listener, int fd)
{
	struct call call;
	uint32_t argv[2];

	if (!connection_open(hub, fd, &argv[1]))
		return;
	argv[0] = listener;
	if (!call_begin(hub, &call))
		return;
	if (!call_function(hub, hub->on_accept, 2, argv) && connection_find(hub, argv[1]))
		connection_close(connection_find(hub, argv[1]));
	call_finish(hub, &call);
}

/* One at a time: a callback may close the listener. The loop comes again while more are waiting. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;
	int fd;

	(void)events;
	if (status < 0)
		return;
	fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		accepted(l->hub, l->id, fd);
	else if (errno == EMFILE || errno == ENFILE)
		refuse_one(l);
}

/* Answers EADDRINUSE when somebody listens there, and removes a socket that nobody serves any more. */
static int clear_stale(const struct sockaddr_un *address)
{
	struct stat there;
	int fd, error;

	if (lstat(address->sun_path, &there) != 0)
		return errno == ENOENT ? 0 : errno;
	if (!S_ISSOCK(there.st_mode))
		return EADDRINUSE;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	close(fd);
	if (error == ENOENT)
		return 0;
	if (error != ECONNREFUSED)
		return EADDRINUSE;
	return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : errno;
}

static int bind_fresh(int fd, const struct sockaddr_un *address)
{
	int error = clear_stale(address);

	if (error)
		return error;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		return errno;
	return listen(fd, 16) == 0 ? 0 : errno;
}

/* The folder is locked meanwhile: two servers that start together must not both find the socket stale. */
static int bind_locked(int fd, const struct sockaddr_un *address)
{
	char path[sizeof(address->sun_path)];
	int folder, error;

	strcpy(path, address->sun_path);
	folder = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return errno;
	if (flock(folder, LOCK_EX) != 0 && errno != EOPNOTSUPP && errno != ENOLCK)
		error = errno;
	else
		error = bind_fresh(fd, address);
	close(folder);
	return error;
}

int listener_open(struct hub *hub, const char *path, uint32_t *id)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct listener *l;
	struct stat own;
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	error = bind_locked(fd, &address);
	l = error ? NULL : calloc(1, sizeof(*l));
	if (!l || uv_poll_init(hub->loop, &l->poll, fd) != 0) {
		free(l);
		close(fd);
		return error ? error : ENOMEM;
	}
	if (lstat(path, &own) == 0) {
		l->device = own.st_dev;
		l->inode = own.st_ino;
	}
	l->hub = hub;
	l->fd = fd;
	l->id = *id = ++hub->last_listener;
	l->poll.data = l;
	strcpy(l->path, path);
	l->next = hub->listeners;
	hub->listeners = l;
	hub->open_handles++;
	uv_poll_start(&l->poll, UV_READABLE, on_poll);
	return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct listener *l = handle->data;
	struct hub *hub = l->hub;

	free(l);
	hub_handle_closed(hub);
}

static void close_one(struct listener *l)
{
	struct stat there;

	if (lstat(l->path, &there) == 0 && there.st_dev == l->device && there.st_ino == l->inode)
		unlink(l->path);
	uv_close((uv_handle_t *)&l->poll, on_poll_closed);
	close(l->fd);
}

void listener_close(struct hub *hub, uint32_t id)
{
	for (struct listener **at = &hub->listeners; *at; at = &(*at)->next) {
		struct listener *l = *at;

		if (l->id != id)
			continue;
		*at = l->next;
		close_one(l);
		return;
	}
}

void listener_close_all(struct hub *hub)
{
	while (hub->listeners)
		listener_close(hub, hub->listeners->id);
}
