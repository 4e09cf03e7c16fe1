/*
 * The least that a vfio-user server can be, to measure against: answers 4-byte reads, takes writes, knows nothing of
 * a device. `server blocking PATH` answers each message by itself; `server batching PATH` answers all that one read
 * brought with one write; `server polling PATH` does as the first, and asks again and again instead of sleeping. One
 * process for each client.
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void send_all(int fd, const void *data, size_t size)
{
	const char *from = data;

	while (size > 0) {
		ssize_t sent = send(fd, from, size, MSG_NOSIGNAL);

		if (sent < 0)
			exit(0);
		from += sent;
		size -= sent;
	}
}

/* Writes the reply; answers its size, 0 when none is wanted. */
static size_t answer(const char *message, char *reply)
{
	const struct read_request *request = (const void *)message;
	struct read_reply *out = (void *)reply;
	uint32_t size = request->header.size;

	if (request->header.flags & NO_REPLY)
		return 0;
	out->header = request->header;
	out->header.flags = REPLY;
	if (request->header.command == REGION_READ) {
		out->access = request->access;
		out->value = 0x4b434f4d;
		size = sizeof(*out);
	} else if (request->header.command == REGION_WRITE) {
		out->access = request->access;
		size = sizeof(*request);
	} else {
		memcpy(reply + sizeof(struct header), message + sizeof(struct header),
		       size - sizeof(struct header));
	}
	out->header.size = size;
	return size;
}

static ssize_t receive(int fd, void *to, size_t size, bool polling)
{
	ssize_t got;

	for (;;) {
		got = recv(fd, to, size, polling ? MSG_DONTWAIT : 0);
		if (got >= 0 || errno != EAGAIN)
			return got;
		sched_yield();
	}
}

static void serve(int fd, bool batching, bool polling)
{
	static char in[64 * 1024], out[128 * 1024];
	size_t have = 0;

	for (;;) {
		ssize_t got = receive(fd, in + have, sizeof(in) - have, polling);
		size_t at = 0, queued = 0;

		if (got <= 0)
			return;
		have += got;
		while (have - at >= sizeof(struct header)) {
			const struct header *header = (const void *)(in + at);

			if (have - at < header->size)
				break;
			queued += answer(in + at, out + queued);
			at += header->size;
			if (!batching && queued > 0) {
				send_all(fd, out, queued);
				queued = 0;
			}
		}
		if (queued > 0)
			send_all(fd, out, queued);
		memmove(in, in + at, have - at);
		have -= at;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (argc != 3 || strlen(argv[2]) >= sizeof(address.sun_path))
		return 2;
	strcpy(address.sun_path, argv[2]);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16))
		die(argv[2]);
	puts("listening");
	fflush(stdout);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			die("accept");
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (fork() == 0) {
			close(fd);
			serve(client, strcmp(argv[1], "batching") == 0, strcmp(argv[1], "polling") == 0);
			_exit(0);
		}
		close(client);
	}
}
