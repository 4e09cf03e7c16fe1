#include "addon.h"

#include <sched.h>

/*
 * Busy polling: while messages come fast, ask the sockets again and again instead of sleeping, because being woken
 * costs more than a message does. The polling sits in an idle handle, which makes the loop come round without
 * waiting: timers and other sockets have their turn after each slice.
 */

/* So long others may wait for their turn. */
#define SLICE_NS 50000
/* What being woken may add to the time between two messages of a client that waits for each answer. */
#define WAKE_NS 300000
/* A round that takes so long and brings nothing: somebody else had the processor. */
#define PREEMPTED_NS 200000

/* Asks those that have just spoken; the rest are the loop's business. Answers whether anything came. */
static bool ask_all(struct hub *hub, uint64_t now)
{
	bool any = false;

	for (uint32_t i = 0; i < hub->connections_size; i++) {
		struct connection *c = hub->connections[i];

		if (!c || !(c->events & UV_READABLE) || c->last_message + hub->spin_for < now)
			continue;
		if (!connection_read(c))
			continue;
		any = true;
		hub->last_message = uv_hrtime();
		if (connection_find(hub, i) == c)
			c->last_message = hub->last_message;
	}
	return any;
}

static void on_idle(uv_idle_t *idle)
{
	struct hub *hub = idle->data;
	uint64_t now = uv_hrtime(), slice = now + SLICE_NS;

	do {
		bool any = ask_all(hub, now);
		uint64_t before = now;

		/* Perhaps the client is who waits for this processor. */
		if (!any)
			sched_yield();
		now = uv_hrtime();
		if (!any && now - before > PREEMPTED_NS) {
			trial_spoil(&hub->trial, now);
			spin_stop(hub);
			return;
		}
		if (now - hub->last_message >= hub->spin_for || !trial_judge(&hub->trial, now)) {
			spin_stop(hub);
			return;
		}
	} while (now < slice);
}

/* Polls when the last message was not long ago, who speaks seldom is not worth a core, and when polling pays. */
void spin_touch(struct hub *hub, uint64_t now)
{
	if (hub->spin_for == 0)
		return;
	if (now - hub->last_message >= hub->spin_for + WAKE_NS) {
		trial_pause(&hub->trial, hub->last_message, now);
	} else if (trial_judge(&hub->trial, now) && !hub->spinning) {
		hub->spinning = true;
		uv_idle_start(&hub->idle, on_idle);
	}
	hub->last_message = now;
}

void spin_stop(struct hub *hub)
{
	hub->spinning = false;
	uv_idle_stop(&hub->idle);
}
