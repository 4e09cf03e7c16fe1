/* The few facts of vfio-user that the bench's own server and client need: little-endian, as this machine is. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdint.h>

enum { VERSION = 1, REGION_READ = 9, REGION_WRITE = 10 };
enum { REPLY = 1, NO_REPLY = 0x10 };

struct header {
	uint16_t id, command;
	uint32_t size, flags, error;
};

struct access {
	uint64_t offset;
	uint32_t region, count;
};

struct read_request {
	struct header header;
	struct access access;
};

/* Also a write request. */
struct read_reply {
	struct header header;
	struct access access;
	uint32_t value;
} __attribute__((packed));

#endif
