/* SPDX-License-Identifier: GPL-2.0-only *//* Generated from components/device.yaml; do not edit. */
#ifndef MOCK_ACCEL_REGS_H
#define MOCK_ACCEL_REGS_H

#include <linux/bits.h>

/* PCI identity */

#define MOCK_ACCEL_VENDOR_ID			0x1de5
/* Physical function; has the SR-IOV capability */
#define MOCK_ACCEL_DEVICE_ID_PF			0x0001
/* Virtual function */
#define MOCK_ACCEL_DEVICE_ID_VF			0x0002
#define MOCK_ACCEL_BAR				0
#define MOCK_ACCEL_BAR_SIZE			0x1000

/* BAR0, little-endian */

/*
 * The bytes 4D 4F 43 4B (MOCK) in memory order; read little-endian that is
 * 0x4b434f4d (ro, 4 bytes)
 */
#define MOCK_ACCEL_REG_DEVICE_ID		0x000
#define MOCK_ACCEL_DEVICE_ID_VALUE		0x4b434f4dU
/* Revision of this register layout, 0x00MMmmpp; here 1.0.0 (ro, 4 bytes) */
#define MOCK_ACCEL_REG_REVISION			0x004
#define MOCK_ACCEL_REVISION_VALUE		0x00010000U
/* The device's UUID, its bytes in RFC 9562 order (ro, 16 bytes) */
#define MOCK_ACCEL_REG_UUID			0x008
#define MOCK_ACCEL_UUID_SIZE			16
/*
 * Where the label stands: its offset in the low 16 bits, its length in bytes in
 * the high 16 (ro, 4 bytes)
 */
#define MOCK_ACCEL_REG_LABEL_PTR		0x018
/*
 * Memory in bytes, 16 GiB unless told otherwise; readable as 1, 2, 4 or 8 bytes
 * at any aligned offset (ro, 8 bytes)
 */
#define MOCK_ACCEL_REG_MEMORY_SIZE		0x020
/* One bit per capability (ro, 4 bytes) */
#define MOCK_ACCEL_REG_CAPABILITIES		0x028
/* Allocation state, written by the DRA driver through sysfs (rw, 4 bytes) */
#define MOCK_ACCEL_REG_STATUS			0x02c
/* Firmware version, 0x00MMmmpp (ro, 4 bytes) */
#define MOCK_ACCEL_REG_FW_VERSION		0x030
/* Health; a change raises the MSI (ro, 4 bytes) */
#define MOCK_ACCEL_REG_HEALTH			0x034
/* A command to the passphrase engine (wo, 4 bytes) */
#define MOCK_ACCEL_REG_PASSPHRASE_CMD		0x100
/*
 * Words of the next passphrase. A write outside 4 to 12 is refused: the old
 * value stays and PASSPHRASE_STATUS becomes error (rw, 4 bytes)
 */
#define MOCK_ACCEL_REG_PASSPHRASE_LENGTH	0x104
/*
 * State of the passphrase engine; the end of a command raises the MSI (ro, 4
 * bytes)
 */
#define MOCK_ACCEL_REG_PASSPHRASE_STATUS	0x108
/* Passphrases made since reset (ro, 4 bytes) */
#define MOCK_ACCEL_REG_PASSPHRASE_COUNT		0x10c
/* The passphrase: ASCII words joined by -, ended by a NUL (ro, 256 bytes) */
#define MOCK_ACCEL_REG_PASSPHRASE_BUFFER	0x200
#define MOCK_ACCEL_PASSPHRASE_BUFFER_SIZE	256
/* The label, ASCII, padded with NUL (ro, 64 bytes) */
#define MOCK_ACCEL_REG_LABEL			0x300
#define MOCK_ACCEL_LABEL_SIZE			64

/* Allocation state */

/* Nobody uses the device */
#define MOCK_ACCEL_STATUS_FREE			0
/* A claim holds the device */
#define MOCK_ACCEL_STATUS_ALLOCATED		1

/* Health, set from outside for fault injection */

/* Works */
#define MOCK_ACCEL_HEALTH_OK			0
/* Works with less than it promised */
#define MOCK_ACCEL_HEALTH_DEGRADED		1
/* Does not work */
#define MOCK_ACCEL_HEALTH_FAILED		2

/* Commands to the passphrase engine */

/* Make a new passphrase */
#define MOCK_ACCEL_PASSPHRASE_CMD_GENERATE	1

/* State of the passphrase engine */

/* No passphrase was asked for since reset */
#define MOCK_ACCEL_PASSPHRASE_STATUS_IDLE	0
/* A passphrase is being made */
#define MOCK_ACCEL_PASSPHRASE_STATUS_BUSY	1
/* The buffer holds a passphrase */
#define MOCK_ACCEL_PASSPHRASE_STATUS_READY	2
/* The last request was refused */
#define MOCK_ACCEL_PASSPHRASE_STATUS_ERROR	3

/* Bits of CAPABILITIES */

/* Computes */
#define MOCK_ACCEL_CAP_COMPUTE			BIT(0)
/* Makes passphrases */
#define MOCK_ACCEL_CAP_PASSPHRASE		BIT(1)
/* Offers virtual functions */
#define MOCK_ACCEL_CAP_SRIOV			BIT(2)
/* Reports its health */
#define MOCK_ACCEL_CAP_HEALTH			BIT(3)

/* Limits */

/*
 * Virtual functions of one physical function; 7 through QEMU, which has no ARI
 */
#define MOCK_ACCEL_VFS_MAX			16
/* Bytes of a label, without a NUL */
#define MOCK_ACCEL_LABEL_MAX			64
/* Words of the shortest passphrase */
#define MOCK_ACCEL_WORDS_MIN			4
/* Words of the longest passphrase */
#define MOCK_ACCEL_WORDS_MAX			12
/* Words of a passphrase when nobody asked for a length */
#define MOCK_ACCEL_WORDS_DEFAULT		6
/* Letters of the longest word of the word list */
#define MOCK_ACCEL_WORD_LETTERS_MAX		8
/* Bytes that a VF's memory is rounded down to */
#define MOCK_ACCEL_VF_MEMORY_ALIGN		1048576

/* Names */

#define MOCK_ACCEL_CLASS			"mock-accel"
#define MOCK_ACCEL_FIRMWARE			"mock-accel-wordlist.txt"

#endif /* MOCK_ACCEL_REGS_H */
