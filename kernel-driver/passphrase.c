// SPDX-License-Identifier: GPL-2.0-only
/* The passphrase engine: the device makes the phrases, this asks and reads. */

#include <linux/pci.h>

#include "mock-accel.h"

static u32 engine_status(struct mock_accel *mock)
{
	return ioread32(mock->bar + MOCK_ACCEL_REG_PASSPHRASE_STATUS);
}

/**
 * mock_accel_passphrase_status() - state of the engine
 * @mock: the device
 *
 * Return: MOCK_ACCEL_PASSPHRASE_STATUS_*, -ENODEV when the device is gone, or
 * -EIO when it answers nonsense, as a dead one does.
 */
int mock_accel_passphrase_status(struct mock_accel *mock)
{
	u32 status;
	int ret;

	ret = mock_accel_read(mock, MOCK_ACCEL_REG_PASSPHRASE_STATUS, &status);
	if (ret)
		return ret;
	return status <= MOCK_ACCEL_PASSPHRASE_STATUS_ERROR ? status : -EIO;
}

static int set_length(struct mock_accel *mock, u32 words)
{
	void __iomem *reg = mock->bar + MOCK_ACCEL_REG_PASSPHRASE_LENGTH;

	if (!mock_accel_length_ok(words))
		return -EINVAL;
	iowrite32(words, reg);
	return ioread32(reg) == words ? 0 : -EIO;
}

/**
 * mock_accel_passphrase_length() - sets the length of the next passphrase
 * @mock: the device
 * @words: its length
 *
 * Return: 0, -EINVAL when the length is outside the limits, -EIO when the
 * device did not take it, -ENODEV when the device is gone.
 */
int mock_accel_passphrase_length(struct mock_accel *mock, u32 words)
{
	guard(rwsem_read)(&mock->lock);
	if (mock->gone)
		return -ENODEV;
	guard(mutex)(&mock->engine);
	return set_length(mock, words);
}

/**
 * mock_accel_passphrase_generate() - asks for a new passphrase
 * @mock: the device
 * @words: its length, or 0 for the current one
 *
 * Return: 0, -EBUSY when one is being made, and as
 * mock_accel_passphrase_length().
 */
int mock_accel_passphrase_generate(struct mock_accel *mock, u32 words)
{
	int ret;

	guard(rwsem_read)(&mock->lock);
	if (mock->gone)
		return -ENODEV;
	guard(mutex)(&mock->engine);
	if (engine_status(mock) == MOCK_ACCEL_PASSPHRASE_STATUS_BUSY)
		return -EBUSY;
	if (words) {
		ret = set_length(mock, words);
		if (ret)
			return ret;
	}
	/* So that the end is an event although the state may be the same. */
	mock->seen_status = MOCK_ACCEL_PASSPHRASE_STATUS_BUSY;
	iowrite32(MOCK_ACCEL_PASSPHRASE_CMD_GENERATE,
		  mock->bar + MOCK_ACCEL_REG_PASSPHRASE_CMD);
	return 0;
}

/* Stops at the NUL: every word read may be a round trip to a server. */
static void read_buffer(struct mock_accel *mock, char *phrase)
{
	size_t i;

	for (i = 0; i < MOCK_ACCEL_PASSPHRASE_BUFFER_SIZE; i += 4) {
		mock_accel_copy(mock, MOCK_ACCEL_REG_PASSPHRASE_BUFFER + i,
				phrase + i, 4);
		if (memchr(phrase + i, '\0', 4))
			return;
	}
}

/**
 * mock_accel_passphrase_get() - reads the passphrase
 * @mock: the device
 * @phrase: room for MOCK_ACCEL_PHRASE_SIZE bytes
 * @count: where to put the number of passphrases made so far
 *
 * Return: the length of the phrase, -EAGAIN while one is being made, -ENODATA
 * when none was, -EIO when the last request failed or the device answers
 * nonsense, -ENODEV when the device is gone.
 */
int mock_accel_passphrase_get(struct mock_accel *mock, char *phrase, u32 *count)
{
	guard(rwsem_read)(&mock->lock);
	if (mock->gone)
		return -ENODEV;
	guard(mutex)(&mock->engine);
	switch (engine_status(mock)) {
	case MOCK_ACCEL_PASSPHRASE_STATUS_IDLE:
		return -ENODATA;
	case MOCK_ACCEL_PASSPHRASE_STATUS_BUSY:
		return -EAGAIN;
	case MOCK_ACCEL_PASSPHRASE_STATUS_READY:
		break;
	default:
		return -EIO;
	}
	read_buffer(mock, phrase);
	*count = ioread32(mock->bar + MOCK_ACCEL_REG_PASSPHRASE_COUNT);
	return mock_accel_check_phrase(phrase,
				       MOCK_ACCEL_PASSPHRASE_BUFFER_SIZE);
}
