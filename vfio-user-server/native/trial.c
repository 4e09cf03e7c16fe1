#include "trial.h"

#include <math.h>

/* Long against the time between messages, short against a term. */
#define TRIAL_NS 5000000
/* A term doubles each time its way has proven the better one again. */
#define TERM_MIN_NS 20000000
#define TERM_MAX_NS 2000000000
/* A client that speaks at a pace of its own costs the same either way, and then polling answers it sooner. */
#define AS_GOOD 1.03

static void begin(struct trial *t, bool polls, bool is_trial, uint64_t now)
{
	t->polls = polls;
	t->is_trial = is_trial;
	t->began = now;
	t->bytes = 0;
	t->spent = 0;
}

static void keep(struct trial *t, bool polls, bool changed, uint64_t now)
{
	if (changed)
		t->term = TERM_MIN_NS;
	else if (t->term < TERM_MAX_NS)
		t->term *= 2;
	begin(t, polls, false, now);
}

void trial_begin(struct trial *t, uint64_t now)
{
	keep(t, true, true, now);
}

bool trial_judge(struct trial *t, uint64_t now)
{
	bool polls;

	if (now - t->began < TRIAL_NS || t->bytes == 0)
		return t->polls;
	if (!t->is_trial && t->spent + (now - t->began) < t->term)
		return t->polls;
	t->cost[t->polls] = (double)(now - t->began) / t->bytes;
	if (!t->is_trial) {
		begin(t, !t->polls, true, now);
		return t->polls;
	}
	polls = t->cost[true] <= t->cost[false] * AS_GOOD;
	/* What was tried is the way that the last verdict was against. */
	keep(t, polls, polls == t->polls, now);
	return t->polls;
}

void trial_pause(struct trial *t, uint64_t last, uint64_t now)
{
	uint64_t spent = t->spent + (last > t->began ? last - t->began : 0);

	begin(t, t->polls, t->is_trial, now);
	t->spent = spent;
}

void trial_spoil(struct trial *t, uint64_t now)
{
	t->cost[true] = INFINITY;
	keep(t, false, !t->is_trial, now);
}
