/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MOCK_ACCEL_H
#define MOCK_ACCEL_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "include/generated/mock-accel-regs.h"

struct pci_dev;

/* A class name such as mock0 or mock0v15, with room for any number. */
#define MOCK_ACCEL_NAME_SIZE		32

/* A passphrase with its NUL, wherever the device put that. */
#define MOCK_ACCEL_PHRASE_SIZE		(MOCK_ACCEL_PASSPHRASE_BUFFER_SIZE + 1)

/**
 * struct mock_accel_wordlist - what is known of the firmware word list
 * @ref: one for each device that uses it
 * @words: how many words it has
 */
struct mock_accel_wordlist {
	struct kref ref;
	u32 words;
};

/**
 * struct mock_accel - one function of a mock accelerator
 * @dev: the class device; its release ends the life of this structure
 * @cdev: the character device, a child of @dev
 * @pdev: the PCI function; to be used while @dev is registered
 * @pf: of a VF whose PF is bound to this driver: that PF, referenced
 * @wordlist: referenced; NULL when there is no firmware file
 * @index: number in the name of a function that is not a child of @pf
 * @minor: minor number
 * @is_vf: a virtual function, whether or not this kernel sees its PF
 * @vf_id: number of a VF below @pf
 * @uuid: these and the next four never change and are read once
 * @label: NUL-terminated and printable
 * @memory_size: bytes
 * @capabilities: MOCK_ACCEL_CAP_*
 * @fw_version: 0x00MMmmpp
 * @lock: held for reading around every use of @bar, for writing to set @live
 *	and @gone
 * @bar: the registers; unmapped after @gone was set
 * @live: registered, so that attributes can be notified until @gone is set
 * @gone: the PCI function left, though a descriptor may still be open
 * @engine: serialises sequences of passphrase registers; nests inside @lock
 * @wait: woken at every event, and when the function leaves
 * @events: counts events
 * @seen_status: PASSPHRASE_STATUS when last looked at, under @engine
 * @seen_health: HEALTH when last looked at, under @engine
 * @poll: looks for events where there is no interrupt
 */
struct mock_accel {
	struct device dev;
	struct cdev cdev;
	struct pci_dev *pdev;
	struct mock_accel *pf;
	struct mock_accel_wordlist *wordlist;
	int index;
	int minor;
	bool is_vf;
	int vf_id;

	u8 uuid[MOCK_ACCEL_UUID_SIZE];
	char label[MOCK_ACCEL_LABEL_MAX + 1];
	u64 memory_size;
	u32 capabilities;
	u32 fw_version;

	struct rw_semaphore lock;
	void __iomem *bar;
	bool live;
	bool gone;

	struct mutex engine; /* sequences of passphrase registers */
	wait_queue_head_t wait;
	atomic_t events;
	u32 seen_status;
	u32 seen_health;
	struct delayed_work poll;
};

static inline struct mock_accel *to_mock_accel(struct device *dev)
{
	return container_of(dev, struct mock_accel, dev);
}

/* device.c: the class device, from allocation to release */
int mock_accel_class_init(void);
void mock_accel_class_exit(void);
struct mock_accel *mock_accel_alloc(struct pci_dev *pdev, bool is_vf);
int mock_accel_register(struct mock_accel *mock);
void mock_accel_unregister(struct mock_accel *mock);

/* regs.c: access to registers */
int mock_accel_identify(struct mock_accel *mock);
int mock_accel_read(struct mock_accel *mock, u32 reg, u32 *value);
int mock_accel_write(struct mock_accel *mock, u32 reg, u32 value);
void mock_accel_copy(struct mock_accel *mock, u32 reg, void *to, size_t len);

/* events.c: what the device tells by itself */
int mock_accel_events_init(struct mock_accel *mock);
void mock_accel_events_start(struct mock_accel *mock);
void mock_accel_events_look(struct mock_accel *mock);

/* passphrase.c: the passphrase engine */
int mock_accel_passphrase_status(struct mock_accel *mock);
int mock_accel_passphrase_length(struct mock_accel *mock, u32 words);
int mock_accel_passphrase_generate(struct mock_accel *mock, u32 words);
int mock_accel_passphrase_get(struct mock_accel *mock, char *phrase,
			      u32 *count);

/* firmware.c: the word list */
struct mock_accel_wordlist *mock_accel_wordlist_get(struct device *dev);
struct mock_accel_wordlist *
mock_accel_wordlist_share(struct mock_accel_wordlist *wordlist);
void mock_accel_wordlist_put(struct mock_accel_wordlist *wordlist);

/* text.c: pure functions on text */
int mock_accel_count_words(const char *text, size_t len);
int mock_accel_check_phrase(const char *phrase, size_t size);
bool mock_accel_length_ok(u32 words);
void mock_accel_clean_label(char *label);
void mock_accel_format_name(char name[MOCK_ACCEL_NAME_SIZE], int index,
			    int vf_id);

extern const struct attribute_group *mock_accel_groups[];
extern const struct file_operations mock_accel_fops;

#endif /* MOCK_ACCEL_H */
