/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * User interface of the mock accelerator's character devices, /dev/mock*.
 *
 * read(2) gives the newest passphrase followed by a newline, once: then end of
 * file until there is a newer one. It waits while one is being made, unless
 * O_NONBLOCK is set (EAGAIN). EIO: the device refused the last request.
 *
 * poll(2) tells EPOLLIN when a passphrase is there that was not yet read here,
 * EPOLLERR when the last request was refused, EPOLLHUP when the device is gone.
 */
#ifndef _UAPI_LINUX_MOCK_ACCEL_H
#define _UAPI_LINUX_MOCK_ACCEL_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct mock_accel_generate - asks for a new passphrase
 * @words: its length in words, 4 to 12; 0 keeps the device's current length
 * @flags: must be 0
 * @reserved: must be 0
 */
struct mock_accel_generate {
	__u32 words;
	__u32 flags;
	__u32 reserved[2];
};

/*
 * Starts making a passphrase and returns at once. EBUSY: one is being made.
 * EINVAL: the length is outside the limits. Needs a descriptor open for writing.
 */
#define MOCK_ACCEL_IOC_GENERATE	_IOW(0xF9, 0x00, struct mock_accel_generate)

#endif /* _UAPI_LINUX_MOCK_ACCEL_H */
