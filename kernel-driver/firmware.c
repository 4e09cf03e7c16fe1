// SPDX-License-Identifier: GPL-2.0-only
/*
 * The word list, an optional firmware file. It is parsed and counted once and
 * shared by all devices; the devices make their passphrases without it.
 */

#include <linux/cleanup.h>
#include <linux/firmware.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "mock-accel.h"

static DEFINE_MUTEX(wordlist_lock);
static struct mock_accel_wordlist *shared;

/**
 * mock_accel_wordlist_get() - takes a reference to the word list
 * @dev: the device in whose name the file is asked for, if it is not yet there
 *
 * Never waits for user space: a machine without the file is an ordinary one.
 *
 * Return: the list, or NULL when there is no file or no sense in it.
 */
struct mock_accel_wordlist *mock_accel_wordlist_get(struct device *dev)
{
	struct mock_accel_wordlist *list;
	const struct firmware *file;
	int words;

	guard(mutex)(&wordlist_lock);
	if (shared) {
		kref_get(&shared->ref);
		return shared;
	}
	if (request_firmware_direct(&file, MOCK_ACCEL_FIRMWARE, dev))
		return NULL;
	words = mock_accel_count_words((const char *)file->data, file->size);
	release_firmware(file);
	if (words < 0) {
		dev_warn(dev, "%s is not a word list\n", MOCK_ACCEL_FIRMWARE);
		return NULL;
	}
	list = kzalloc(sizeof(*list), GFP_KERNEL);
	if (!list)
		return NULL;
	kref_init(&list->ref);
	list->words = words;
	shared = list;
	return list;
}

/**
 * mock_accel_wordlist_share() - takes a reference to the word list of a PF
 * @wordlist: the list, or NULL
 *
 * So that VFs do not ask again for a file that is not there.
 *
 * Return: @wordlist.
 */
struct mock_accel_wordlist *
mock_accel_wordlist_share(struct mock_accel_wordlist *wordlist)
{
	if (wordlist)
		kref_get(&wordlist->ref);
	return wordlist;
}

static void wordlist_release(struct kref *ref)
{
	struct mock_accel_wordlist *list =
		container_of(ref, struct mock_accel_wordlist, ref);

	shared = NULL;
	mutex_unlock(&wordlist_lock);
	kfree(list);
}

/**
 * mock_accel_wordlist_put() - gives a reference back
 * @wordlist: the list, or NULL
 */
void mock_accel_wordlist_put(struct mock_accel_wordlist *wordlist)
{
	if (wordlist)
		kref_put_mutex(&wordlist->ref, wordlist_release,
			       &wordlist_lock);
}

MODULE_FIRMWARE(MOCK_ACCEL_FIRMWARE);
