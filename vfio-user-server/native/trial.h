/*
 * Whether polling pays: decided by trying. A poller saves its own wake-ups and takes a processor from whoever could
 * use it, perhaps from the very client that it waits for; which is more depends on how many processors are free, and
 * on where the kernel puts the two. So now and then the other way is tried for a moment, and the one in which more
 * came is kept for a term. Pure: time is given.
 */
#ifndef MOCK_ACCEL_TRIAL_H
#define MOCK_ACCEL_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

struct trial {
	/* The way of now, and whether it is only being tried. */
	bool polls, is_trial;
	/* Nanoseconds; bytes that have come since. Who receives adds to them. */
	uint64_t began, bytes, term;
	/* Of the term, what was over at the last pause. */
	uint64_t spent;
	/* Nanoseconds for each byte when sleeping and when polling. */
	double cost[2];
};

/* Begins with polling: somebody asked for it. */
void trial_begin(struct trial *t, uint64_t now);
/* Judges, when it is time to; answers whether to poll from now on. */
bool trial_judge(struct trial *t, uint64_t now);
/*
 * Nobody spoke since `last`: nothing can be told from what has come since `began`, but the term goes on, or who speaks
 * in short bursts would never be judged again.
 */
void trial_pause(struct trial *t, uint64_t last, uint64_t now);
/* Somebody else had the processor while we polled: no need to try any longer. */
void trial_spoil(struct trial *t, uint64_t now);

#endif
