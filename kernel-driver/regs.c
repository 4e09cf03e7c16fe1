// SPDX-License-Identifier: GPL-2.0-only
/* Access to the registers, safe against the function's leaving. */

#include <linux/pci.h>
#include <linux/unaligned.h>

#include "mock-accel.h"

/**
 * mock_accel_read() - reads a register of four bytes
 * @mock: the device
 * @reg: MOCK_ACCEL_REG_*
 * @value: where to put the value
 *
 * Return: 0, -ENODEV when the device is gone, or -EIO when it gives all ones, as
 * a dead one does and no register of a live one.
 */
int mock_accel_read(struct mock_accel *mock, u32 reg, u32 *value)
{
	guard(rwsem_read)(&mock->lock);
	if (mock->gone)
		return -ENODEV;
	*value = ioread32(mock->bar + reg);
	return PCI_POSSIBLE_ERROR(*value) ? -EIO : 0;
}

/**
 * mock_accel_write() - writes a register of four bytes
 * @mock: the device
 * @reg: MOCK_ACCEL_REG_*
 * @value: the new value
 *
 * Return: 0, or -ENODEV when the device is gone.
 */
int mock_accel_write(struct mock_accel *mock, u32 reg, u32 value)
{
	guard(rwsem_read)(&mock->lock);
	if (mock->gone)
		return -ENODEV;
	iowrite32(value, mock->bar + reg);
	return 0;
}

/**
 * mock_accel_copy() - copies bytes out of the registers
 * @mock: the device, which the caller knows to be there
 * @reg: where to begin, a multiple of 4
 * @to: where to put them
 * @len: how many
 *
 * In words of four bytes: each access may be a round trip to a server.
 */
void mock_accel_copy(struct mock_accel *mock, u32 reg, void *to, size_t len)
{
	u8 word[4];
	size_t i;

	for (i = 0; i < len; i += sizeof(word)) {
		put_unaligned_le32(ioread32(mock->bar + reg + i), word);
		memcpy(to + i, word, min(len - i, sizeof(word)));
	}
}

static void read_label(struct mock_accel *mock)
{
	u32 pointer = ioread32(mock->bar + MOCK_ACCEL_REG_LABEL_PTR);
	u32 offset = pointer & 0xffff;
	u32 len = pointer >> 16;

	if (len > MOCK_ACCEL_LABEL_MAX || offset % 4 ||
	    offset > MOCK_ACCEL_BAR_SIZE - MOCK_ACCEL_LABEL_SIZE) {
		dev_warn(&mock->pdev->dev, "label pointer %#x is not valid\n",
			 pointer);
		return;
	}
	mock_accel_copy(mock, offset, mock->label, len);
	mock_accel_clean_label(mock->label);
}

/**
 * mock_accel_identify() - makes sure that this is a mock accelerator, and reads
 * what never changes
 * @mock: the device, mapped
 *
 * Return: 0, or -ENODEV when it is something else.
 */
int mock_accel_identify(struct mock_accel *mock)
{
	struct device *dev = &mock->pdev->dev;
	u32 magic = ioread32(mock->bar + MOCK_ACCEL_REG_DEVICE_ID);
	u32 revision = ioread32(mock->bar + MOCK_ACCEL_REG_REVISION);
	__le64 memory;

	if (magic != MOCK_ACCEL_DEVICE_ID_VALUE)
		return dev_err_probe(dev, -ENODEV, "no mock accelerator: %#x\n",
				     magic);
	if (revision >> 16 != MOCK_ACCEL_REVISION_VALUE >> 16)
		return dev_err_probe(dev, -ENODEV,
				     "register layout %#x is not known\n",
				     revision);

	mock_accel_copy(mock, MOCK_ACCEL_REG_UUID, mock->uuid,
			sizeof(mock->uuid));
	mock_accel_copy(mock, MOCK_ACCEL_REG_MEMORY_SIZE, &memory,
			sizeof(memory));
	mock->memory_size = le64_to_cpu(memory);
	mock->capabilities = ioread32(mock->bar + MOCK_ACCEL_REG_CAPABILITIES);
	mock->fw_version = ioread32(mock->bar + MOCK_ACCEL_REG_FW_VERSION);
	read_label(mock);
	return 0;
}
