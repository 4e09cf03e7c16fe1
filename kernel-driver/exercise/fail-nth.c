// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does something again and again, and lets its first allocation fail, then its
 * second, and so on, until it ran to its end without reaching the failing one:
 * Documentation/fault-injection/fault-injection.rst, "/proc/<pid>/fail-nth".
 * Prints how often it ended how; tests run it in a kernel with failslab.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/mock-accel.h>

#define ERRNOS	134
#define LIMIT	2000

static int open_or_end(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0) {
		printf("%s: %s\n", path, strerrorname_np(errno));
		exit(1);
	}
	return fd;
}

static bool put(int fd, const char *text)
{
	return pwrite(fd, text, strlen(text), 0) >= 0;
}

struct task {
	bool (*act)(struct task *task);	/* some allocation of it fails */
	bool (*undo)(struct task *task);	/* what a successful act needs before the next */
	const char *text, *undo_text;
	int fd, undo_fd;
};

static bool write_act(struct task *task)
{
	return put(task->fd, task->text);
}

static bool write_undo(struct task *task)
{
	return put(task->undo_fd, task->undo_text);
}

static bool use_act(struct task *task)
{
	struct mock_accel_generate ask = {.words = 5};
	struct pollfd one = {.events = POLLIN};
	char text[300];
	bool fine;

	one.fd = open(task->text, O_RDWR | O_CLOEXEC);
	if (one.fd < 0)
		return false;
	fine = !ioctl(one.fd, MOCK_ACCEL_IOC_GENERATE, &ask) && poll(&one, 1, 5000) == 1 &&
	       read(one.fd, text, sizeof(text)) > 0;
	close(one.fd);
	return fine;
}

static bool nothing(struct task *task)
{
	(void)task;
	return true;
}

/* Answers whether the failing allocation was reached. */
static bool with_failure(struct task *task, int nth, int *result)
{
	int fail = open_or_end("/proc/thread-self/fail-nth", O_RDWR);
	char left[16] = "";

	snprintf(left, sizeof(left), "%d", nth);
	if (!put(fail, left))
		exit(3);
	*result = task->act(task) ? 0 : errno;
	memset(left, 0, sizeof(left));
	if (pread(fail, left, sizeof(left) - 1, 0) <= 0)
		exit(4);
	put(fail, "0");
	close(fail);
	return atoi(left) == 0;
}

static int run(struct task *task)
{
	int counts[ERRNOS] = {0};
	int result = 0, nth = 0;
	bool reached;

	do {
		reached = with_failure(task, ++nth, &result);
		counts[result % ERRNOS]++;
		if (!result && !task->undo(task)) {
			printf("undo after %d: %s\n", nth, strerrorname_np(errno));
			return 1;
		}
	} while (reached && nth < LIMIT);
	printf("allocations %d\n", nth - 1);
	printf("last %s\n", result ? strerrorname_np(result) : "ok");
	printf("ok %d\n", counts[0]);
	for (int i = 1; i < ERRNOS; i++)
		if (counts[i])
			printf("%s %d\n", strerrorname_np(i), counts[i]);
	return reached;
}

/*
 * write FILE TEXT UNDO-FILE UNDO-TEXT | use DEVICE
 */
int main(int argc, char **argv)
{
	struct task task = {.undo = nothing};

	if (argc == 6 && !strcmp(argv[1], "write")) {
		task = (struct task){.act = write_act, .undo = write_undo, .text = argv[3],
				     .undo_text = argv[5], .fd = open_or_end(argv[2], O_WRONLY),
				     .undo_fd = open_or_end(argv[4], O_WRONLY)};
	} else if (argc == 3 && !strcmp(argv[1], "use")) {
		task.act = use_act;
		task.text = argv[2];
	} else {
		return 2;
	}
	return run(&task);
}
