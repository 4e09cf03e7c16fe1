/*
 * The measuring client: `client MODE PATH COUNT [RATE]` prints one line, "rate p50 p99 p99.9" (per second and
 * nanoseconds; posted writes and reads in flight have no latencies).
 *   read      one 4-byte register read at a time, RATE of them in a second when given
 *   flight    32 of them on their way
 *   posted    4-byte writes that want no answer, then one read that proves they were taken
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define IN_FLIGHT 32
#define STATUS 0x2c

static int fd;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void send_all(const void *data, size_t size)
{
	const char *from = data;

	while (size > 0) {
		ssize_t sent = send(fd, from, size, MSG_NOSIGNAL);

		if (sent < 0)
			die("send");
		from += sent;
		size -= sent;
	}
}

static void receive_all(void *data, size_t size)
{
	char *to = data;

	while (size > 0) {
		ssize_t got = recv(fd, to, size, 0);

		if (got <= 0)
			die("recv");
		to += got;
		size -= got;
	}
}

static struct read_request read_of(uint16_t id)
{
	return (struct read_request){{id, REGION_READ, sizeof(struct read_request), 0, 0}, {0, 0, 4}};
}

static void check(const struct read_reply *reply, uint16_t id)
{
	if (reply->header.id == id && reply->header.size == sizeof(*reply) &&
	    reply->header.flags == REPLY && reply->value == 0x4b434f4d)
		return;
	fprintf(stderr, "reply %u: size %u, flags %x, error %u, value %x\n", reply->header.id,
		reply->header.size, reply->header.flags, reply->header.error, reply->value);
	exit(1);
}

static void read_once(uint16_t id)
{
	struct read_request request = read_of(id);
	struct read_reply reply;

	send_all(&request, sizeof(request));
	receive_all(&reply, sizeof(reply));
	check(&reply, id);
}

static void negotiate(void)
{
	static const char json[] = "{\"capabilities\":{\"max_msg_fds\":16}}";
	struct {
		struct header header;
		uint16_t major, minor;
		char json[sizeof(json)];
	} __attribute__((packed)) request = {{0, VERSION, sizeof(request), 0, 0}, 0, 0, ""};
	struct header reply;
	char rest[4096];

	memcpy(request.json, json, sizeof(json));
	send_all(&request, sizeof(request));
	receive_all(&reply, sizeof(reply));
	if (reply.error || reply.size - sizeof(reply) > sizeof(rest))
		exit(1);
	receive_all(rest, reply.size - sizeof(reply));
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void reads(uint64_t count, uint64_t rate)
{
	uint64_t *took = malloc(count * sizeof(*took)), began = now(), due = began, ended;

	if (!took)
		die("malloc");
	for (uint64_t i = 0; i < count; i++) {
		uint64_t start = now();

		if (rate) {
			struct timespec until;

			due += 1000000000ull / rate;
			until.tv_sec = due / 1000000000ull;
			until.tv_nsec = due % 1000000000ull;
			if (start < due)
				clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
			start = now();
		}
		read_once(i);
		took[i] = now() - start;
	}
	ended = now();
	qsort(took, count, sizeof(*took), by_value);
	printf("%.0f %lu %lu %lu\n", count * 1e9 / (ended - began), took[count / 2], took[count * 99 / 100],
	       took[count * 999 / 1000]);
}

static void flight(uint64_t count)
{
	static struct read_request requests[IN_FLIGHT];
	static struct read_reply replies[IN_FLIGHT];
	uint64_t asked = 0, answered = 0, began = now();
	size_t have = 0;

	while (answered < count) {
		size_t want = 0, whole;
		ssize_t got;

		while (asked < count && asked - answered < IN_FLIGHT)
			requests[want++] = read_of(asked++);
		send_all(requests, want * sizeof(requests[0]));
		got = recv(fd, (char *)replies + have, sizeof(replies) - have, 0);
		if (got <= 0)
			die("recv");
		have += got;
		whole = have / sizeof(replies[0]);
		for (size_t i = 0; i < whole; i++)
			check(&replies[i], answered++);
		have -= whole * sizeof(replies[0]);
		memmove(replies, replies + whole, have);
	}
	printf("%.0f 0 0 0\n", count * 1e9 / (now() - began));
}

/* One call for each, as QEMU does it. */
static void posted(uint64_t count)
{
	const struct read_reply write = {
		{0, REGION_WRITE, sizeof(write), NO_REPLY, 0}, {STATUS, 0, 4}, 0};
	uint64_t began = now();

	for (uint64_t i = 0; i < count; i++)
		send_all(&write, sizeof(write));
	read_once(7);
	printf("%.0f 0 0 0\n", count * 1e9 / (now() - began));
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uint64_t count;

	if (argc < 4 || strlen(argv[2]) >= sizeof(address.sun_path))
		return 2;
	count = strtoull(argv[3], NULL, 10);
	strcpy(address.sun_path, argv[2]);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die(argv[2]);
	negotiate();
	for (int i = 0; i < 200; i++)
		read_once(i);
	if (strcmp(argv[1], "read") == 0)
		reads(count, argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
	else if (strcmp(argv[1], "flight") == 0)
		flight(count);
	else if (strcmp(argv[1], "posted") == 0)
		posted(count);
	else
		return 2;
	return 0;
}
