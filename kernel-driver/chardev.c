// SPDX-License-Identifier: GPL-2.0-only
/* The character device; include/uapi/linux/mock-accel.h tells how it behaves. */

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "include/uapi/linux/mock-accel.h"
#include "mock-accel.h"

/**
 * struct reader - one open descriptor
 * @mock: the device, which the open file keeps in memory
 * @lock: serialises the rest
 * @count: number of the passphrase that was read last, 0 when the next is new
 * @pos: bytes of @text that were read
 * @len: bytes in @text
 * @text: the passphrase and a newline
 */
struct reader {
	struct mock_accel *mock;
	struct mutex lock; /* the fields below */
	u32 count;
	loff_t pos;
	size_t len;
	char text[MOCK_ACCEL_PHRASE_SIZE];
};

static int mock_accel_open(struct inode *inode, struct file *file)
{
	struct reader *reader;

	reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	if (!reader)
		return -ENOMEM;
	reader->mock = container_of(inode->i_cdev, struct mock_accel, cdev);
	mutex_init(&reader->lock);
	file->private_data = reader;
	return stream_open(inode, file);
}

static int mock_accel_close(struct inode *inode, struct file *file)
{
	kfree_sensitive(file->private_data);
	return 0;
}

/* Whether something happened since @events were counted. */
static bool moved(struct mock_accel *mock, int events)
{
	return atomic_read(&mock->events) != events || READ_ONCE(mock->gone);
}

/* Takes the newest passphrase, if it was not read here before. */
static int refill(struct reader *reader)
{
	char phrase[MOCK_ACCEL_PHRASE_SIZE];
	u32 count;
	int ret;

	ret = mock_accel_passphrase_get(reader->mock, phrase, &count);
	if (ret == -ENODATA)
		return 0;
	if (ret < 0)
		return ret;
	/* After a reset the device counts from the beginning. */
	if (count != reader->count || reader->len != ret + 1 ||
	    memcmp(reader->text, phrase, ret)) {
		memcpy(reader->text, phrase, ret);
		reader->text[ret] = '\n';
		reader->len = ret + 1;
		reader->pos = 0;
		reader->count = count;
	}
	memzero_explicit(phrase, sizeof(phrase));
	return 0;
}

static ssize_t read_some(struct reader *reader, char __user *to, size_t size)
{
	int ret;

	guard(mutex)(&reader->lock);
	if (reader->pos == reader->len) {
		ret = refill(reader);
		if (ret)
			return ret;
	}
	return simple_read_from_buffer(to, size, &reader->pos, reader->text,
				       reader->len);
}

static ssize_t mock_accel_fread(struct file *file, char __user *to, size_t size,
				loff_t *pos)
{
	struct reader *reader = file->private_data;
	struct mock_accel *mock = reader->mock;
	ssize_t ret;
	int events;

	for (;;) {
		/* Before the look, so that an event after it is not missed. */
		events = atomic_read(&mock->events);
		ret = read_some(reader, to, size);
		if (ret != -EAGAIN || file->f_flags & O_NONBLOCK)
			return ret;
		ret = wait_event_interruptible(mock->wait,
					       moved(mock, events));
		if (ret)
			return ret;
	}
}

static __poll_t mock_accel_poll(struct file *file, poll_table *table)
{
	struct reader *reader = file->private_data;
	struct mock_accel *mock = reader->mock;
	__poll_t events = 0;
	u32 count;
	int status;

	poll_wait(file, &mock->wait, table);
	status = mock_accel_passphrase_status(mock);
	if (status == -ENODEV ||
	    mock_accel_read(mock, MOCK_ACCEL_REG_PASSPHRASE_COUNT, &count))
		return EPOLLERR | EPOLLHUP;
	if (status < 0 || status == MOCK_ACCEL_PASSPHRASE_STATUS_ERROR)
		events |= EPOLLERR;

	guard(mutex)(&reader->lock);
	if (reader->pos < reader->len ||
	    (status == MOCK_ACCEL_PASSPHRASE_STATUS_READY &&
	     count != reader->count))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

static long generate(struct reader *reader, struct mock_accel_generate *ask)
{
	int ret;

	if (ask->flags || ask->reserved[0] || ask->reserved[1])
		return -EINVAL;
	guard(mutex)(&reader->lock);
	ret = mock_accel_passphrase_generate(reader->mock, ask->words);
	/*
	 * What is left of an older passphrase is not what the caller wants, and
	 * the next one is new, whatever its number.
	 */
	if (!ret) {
		reader->pos = reader->len;
		reader->count = 0;
	}
	return ret;
}

static long mock_accel_ioctl(struct file *file, unsigned int command,
			     unsigned long arg)
{
	struct mock_accel_generate ask;

	if (command != MOCK_ACCEL_IOC_GENERATE)
		return -ENOTTY;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(&ask, (void __user *)arg, sizeof(ask)))
		return -EFAULT;
	return generate(file->private_data, &ask);
}

const struct file_operations mock_accel_fops = {
	.owner = THIS_MODULE,
	.open = mock_accel_open,
	.release = mock_accel_close,
	.read = mock_accel_fread,
	.poll = mock_accel_poll,
	.unlocked_ioctl = mock_accel_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
