/* The frequency of this machine's time stamp counter, in kHz: what a guest under TCG reads is the host's own. */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct moment {
	unsigned long long ticks;
	double ns;
};

/* Both clocks at once: of many looks the one during which the counter went on least. */
static struct moment look(void)
{
	unsigned long long least = ~0ull;
	struct moment best = {0, 0};

	for (int i = 0; i < 100; i++) {
		struct timespec now;
		unsigned long long before = __rdtsc(), took;

		clock_gettime(CLOCK_MONOTONIC, &now);
		took = __rdtsc() - before;
		if (took >= least)
			continue;
		least = took;
		best.ticks = before + took / 2;
		best.ns = now.tv_sec * 1e9 + now.tv_nsec;
	}
	return best;
}

int main(void)
{
	struct timespec pause = {0, 50000000};
	struct moment first = look(), last;

	nanosleep(&pause, NULL);
	last = look();
	printf("%.0f\n", (last.ticks - first.ticks) / (last.ns - first.ns) * 1e6);
	return 0;
}
