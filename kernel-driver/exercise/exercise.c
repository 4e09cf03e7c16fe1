// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a shell cannot do to the driver: tests run this in a guest. Each command
 * prints one line a result; what was unexpected is counted by errno's name.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/mock-accel.h>

#define CLASS	"/sys/class/mock-accel"
#define ERRNOS	134

static atomic_long done;
static atomic_long failures[ERRNOS];
static atomic_bool over;

static void count(long result)
{
	if (result >= 0)
		atomic_fetch_add(&done, 1);
	else
		atomic_fetch_add(&failures[errno % ERRNOS], 1);
}

static void print_counts(void)
{
	printf("ok %ld\n", atomic_load(&done));
	for (int i = 0; i < ERRNOS; i++)
		if (atomic_load(&failures[i]))
			printf("%s %ld\n", strerrorname_np(i), atomic_load(&failures[i]));
}

static const char *told(long result)
{
	return result < 0 ? strerrorname_np(errno) : "ok";
}

static int open_or_end(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0) {
		printf("open %s\n", strerrorname_np(errno));
		exit(1);
	}
	return fd;
}

static void wait_for(const char *path)
{
	while (access(path, F_OK))
		usleep(10000);
}

static int generate(int fd, unsigned int words)
{
	struct mock_accel_generate ask = {.words = words};

	return ioctl(fd, MOCK_ACCEL_IOC_GENERATE, &ask);
}

/* poll-attribute FILE MILLISECONDS: waits until the kernel says that it changed */
static int poll_attribute(char **args)
{
	struct pollfd one = {.fd = open_or_end(args[0], O_RDONLY), .events = POLLPRI};
	char text[256];
	ssize_t len;

	if (read(one.fd, text, sizeof(text)) < 0)
		return 1;
	puts("waiting");
	fflush(stdout);
	if (poll(&one, 1, atoi(args[1])) != 1) {
		puts("timeout");
		return 0;
	}
	len = pread(one.fd, text, sizeof(text), 0);
	if (len < 0)
		printf("changed %s\n", strerrorname_np(errno));
	else
		printf("changed %.*s", (int)len, text);
	return 0;
}

/* hold DEVICE GO: opens, waits until the file GO is there, then tries everything */
static int hold(char **args)
{
	int fd = open_or_end(args[0], O_RDWR);
	struct pollfd one = {.fd = fd, .events = POLLIN};
	char text[300];

	puts("open ok");
	fflush(stdout);
	wait_for(args[1]);
	printf("read %s\n", told(read(fd, text, sizeof(text))));
	printf("ioctl %s\n", told(generate(fd, 4)));
	poll(&one, 1, 1000);
	printf("poll%s%s%s\n", one.revents & POLLIN ? " in" : "",
	       one.revents & POLLERR ? " err" : "", one.revents & POLLHUP ? " hup" : "");
	printf("close %s\n", told(close(fd)));
	return 0;
}

/* block DEVICE: asks for a passphrase and waits in read(2); tells how it ended */
static int block(char **args)
{
	int fd = open_or_end(args[0], O_RDWR);
	char text[300];

	if (generate(fd, 4))
		return 1;
	puts("waiting");
	fflush(stdout);
	printf("read %s\n", told(read(fd, text, sizeof(text))));
	return 0;
}

/* generate DEVICE WORDS...: each by ioctl(2), then read(2) to the end, in small pieces */
static int phrases(char **args)
{
	int fd = open_or_end(args[0], O_RDWR);
	char text[300];
	ssize_t len;

	for (args++; *args; args++) {
		if (generate(fd, atoi(*args))) {
			printf("%s\n", strerrorname_np(errno));
			continue;
		}
		while ((len = read(fd, text, 7)) > 0)
			printf("%.*s", (int)len, text);
		if (len < 0)
			printf("%s\n", strerrorname_np(errno));
	}
	return 0;
}

/* many DEVICE COUNT: passphrases of four words, one a line */
static int many(char **args)
{
	int fd = open_or_end(args[0], O_RDWR);
	char text[300];
	ssize_t len;

	for (int i = atoi(args[1]); i > 0; i--) {
		if (generate(fd, 4))
			return 1;
		len = read(fd, text, sizeof(text));
		if (len <= 0)
			return 1;
		printf("%.*s", (int)len, text);
		if (read(fd, text, sizeof(text)))
			return 2;
	}
	return 0;
}

/* refuse DEVICE: what the ioctl must not take */
static int refuse(char **args)
{
	struct mock_accel_generate flags = {.words = 4, .flags = 1};
	struct mock_accel_generate reserved = {.words = 4, .reserved = {0, 1}};
	int fd = open_or_end(args[0], O_RDWR);
	int readonly = open_or_end(args[0], O_RDONLY);

	printf("flags %s\n", told(ioctl(fd, MOCK_ACCEL_IOC_GENERATE, &flags)));
	printf("reserved %s\n", told(ioctl(fd, MOCK_ACCEL_IOC_GENERATE, &reserved)));
	printf("pointer %s\n", told(ioctl(fd, MOCK_ACCEL_IOC_GENERATE, NULL)));
	printf("command %s\n", told(ioctl(fd, MOCK_ACCEL_IOC_GENERATE + 1, &flags)));
	printf("readonly %s\n", told(generate(readonly, 4)));
	return 0;
}

static void read_file(const char *path)
{
	char text[300];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	count(fd);
	if (fd < 0)
		return;
	count(read(fd, text, sizeof(text)));
	close(fd);
}

static void use_device(const char *name)
{
	struct pollfd one = {.events = POLLIN};
	char path[300], text[300];

	snprintf(path, sizeof(path), "/dev/%s", name);
	one.fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	count(one.fd);
	if (one.fd < 0)
		return;
	count(generate(one.fd, 4 + rand() % 9));
	count(poll(&one, 1, 1));
	count(read(one.fd, text, sizeof(text)));
	close(one.fd);
}

static void use_attributes(const char *name)
{
	char folder[300], path[600];
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), CLASS "/%s", name);
	dir = opendir(folder);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_REG || !strcmp(entry->d_name, "uevent"))
			continue;
		if (!strcmp(entry->d_name, "passphrase_generate"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		read_file(path);
	}
	closedir(dir);
}

static void *use_everything(void *odd)
{
	struct dirent *entry;
	DIR *dir;

	while (!atomic_load(&over)) {
		dir = opendir(CLASS);
		if (!dir) {
			usleep(1000);
			continue;
		}
		while ((entry = readdir(dir)))
			if (entry->d_name[0] != '.')
				odd ? use_device(entry->d_name) : use_attributes(entry->d_name);
		closedir(dir);
		/* Others have to get a turn: who unloads the module is one of them. */
		usleep(1000);
	}
	return NULL;
}

/* hammer THREADS END: all attributes and devices, until the file END is there */
static int hammer(char **args)
{
	int threads = atoi(args[0]);
	pthread_t thread[64];

	for (int i = 0; i < threads && i < 64; i++)
		if (pthread_create(&thread[i], NULL, use_everything, i % 2 ? thread : NULL))
			return 1;
	puts("running");
	fflush(stdout);
	wait_for(args[1]);
	atomic_store(&over, true);
	for (int i = 0; i < threads && i < 64; i++)
		pthread_join(thread[i], NULL);
	print_counts();
	return 0;
}

static char race_device[200], race_attribute[200];
static pthread_mutex_t print = PTHREAD_MUTEX_INITIALIZER;

static void print_phrase(const char *text, ssize_t len)
{
	pthread_mutex_lock(&print);
	printf("%.*s", (int)len, text);
	pthread_mutex_unlock(&print);
}

static void *write_phrases(void *unused)
{
	int fd = open_or_end(race_device, O_RDWR);

	(void)unused;
	while (!atomic_load(&over)) {
		count(generate(fd, 4 + rand() % 9));
		usleep(500);
	}
	return NULL;
}

static void *read_phrases(void *attribute)
{
	const char *path = attribute ? race_attribute : race_device;
	int fd = open_or_end(path, O_RDONLY | O_NONBLOCK);
	char text[300];
	ssize_t len;

	while (!atomic_load(&over)) {
		if (attribute)
			lseek(fd, 0, SEEK_SET);
		len = read(fd, text, sizeof(text));
		if (len > 0)
			print_phrase(text, len);
		else if (len < 0 && errno != EAGAIN)
			count(len);
		usleep(200);
	}
	return NULL;
}

/* race NAME SECONDS: four writers, four readers of each face; prints every phrase seen */
static int race(char **args)
{
	pthread_t thread[12];

	snprintf(race_device, sizeof(race_device), "/dev/%s", args[0]);
	snprintf(race_attribute, sizeof(race_attribute), CLASS "/%s/passphrase", args[0]);
	for (int i = 0; i < 12; i++)
		if (pthread_create(&thread[i], NULL, i < 4 ? write_phrases : read_phrases,
				   i < 8 ? NULL : thread))
			return 1;
	sleep(atoi(args[1]));
	atomic_store(&over, true);
	for (int i = 0; i < 12; i++)
		pthread_join(thread[i], NULL);
	print_counts();
	return 0;
}

static const struct command {
	const char *name;
	int args;
	int (*run)(char **args);
} commands[] = {
	{"poll-attribute", 2, poll_attribute}, {"hold", 2, hold}, {"block", 1, block},
	{"phrases", 2, phrases}, {"many", 2, many}, {"refuse", 1, refuse},
	{"hammer", 2, hammer}, {"race", 2, race},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc > 1 + commands[i].args && !strcmp(argv[1], commands[i].name))
			return commands[i].run(argv + 2);
	fputs("no such command\n", stderr);
	return 2;
}
