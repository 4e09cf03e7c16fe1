// SPDX-License-Identifier: GPL-2.0-only
/*
 * The class device. Its memory belongs to its reference count, not to the PCI
 * function's, because a descriptor may stay open when the function has left.
 */

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "mock-accel.h"

#define MINORS	4096

static DEFINE_IDA(index_ida);
static DEFINE_IDA(minor_ida);
static dev_t first_devt;

static const struct class mock_accel_class = {
	.name = MOCK_ACCEL_CLASS,
	.dev_groups = mock_accel_groups,
};

static void device_release(struct device *dev)
{
	struct mock_accel *mock = to_mock_accel(dev);

	mock_accel_wordlist_put(mock->wordlist);
	if (mock->pf)
		put_device(&mock->pf->dev);
	kfree(mock);
}

static void drop(void *data)
{
	struct mock_accel *mock = data;

	put_device(&mock->dev);
}

/**
 * mock_accel_alloc() - makes a device that is not yet registered
 * @pdev: its PCI function, which holds a reference to it until it is unbound
 * @is_vf: whether it is a virtual function
 *
 * Return: the device or an error pointer.
 */
struct mock_accel *mock_accel_alloc(struct pci_dev *pdev, bool is_vf)
{
	struct mock_accel *mock;
	int ret;

	mock = kzalloc(sizeof(*mock), GFP_KERNEL);
	if (!mock)
		return ERR_PTR(-ENOMEM);
	device_initialize(&mock->dev);
	mock->dev.class = &mock_accel_class;
	mock->dev.parent = &pdev->dev;
	mock->dev.release = device_release;
	mock->pdev = pdev;
	mock->is_vf = is_vf;
	mock->vf_id = -1;
	init_rwsem(&mock->lock);
	mutex_init(&mock->engine);
	init_waitqueue_head(&mock->wait);

	ret = devm_add_action_or_reset(&pdev->dev, drop, mock);
	return ret ? ERR_PTR(ret) : mock;
}

static void free_index(void *data)
{
	struct mock_accel *mock = data;

	ida_free(&index_ida, mock->index);
}

static void free_minor(void *data)
{
	struct mock_accel *mock = data;

	ida_free(&minor_ida, mock->minor);
}

/*
 * Numbers go back when the function is unbound, not when the last descriptor is
 * closed: a function that is bound again gets its old name.
 */
static int take_numbers(struct mock_accel *mock)
{
	struct device *dev = &mock->pdev->dev;
	int ret;

	mock->minor = ida_alloc_max(&minor_ida, MINORS - 1, GFP_KERNEL);
	if (mock->minor < 0)
		return mock->minor;
	ret = devm_add_action_or_reset(dev, free_minor, mock);
	if (ret || mock->pf)
		return ret;

	mock->index = ida_alloc(&index_ida, GFP_KERNEL);
	if (mock->index < 0)
		return mock->index;
	return devm_add_action_or_reset(dev, free_index, mock);
}

/* Waits for the last use of the registers and lets no other begin. */
static void leave(struct mock_accel *mock)
{
	scoped_guard(rwsem_write, &mock->lock)
		mock->gone = true;
	wake_up_all(&mock->wait);
}

/**
 * mock_accel_register() - shows a device to user space
 * @mock: the device, ready to be used
 *
 * Return: 0 or a negative errno.
 */
int mock_accel_register(struct mock_accel *mock)
{
	char name[MOCK_ACCEL_NAME_SIZE];
	int ret;

	ret = take_numbers(mock);
	if (ret)
		return ret;
	mock_accel_format_name(name, mock->pf ? mock->pf->index : mock->index,
			       mock->vf_id);
	ret = dev_set_name(&mock->dev, "%s", name);
	if (ret)
		return ret;
	mock->dev.devt = first_devt + mock->minor;
	cdev_init(&mock->cdev, &mock_accel_fops);
	mock->cdev.owner = THIS_MODULE;

	ret = cdev_device_add(&mock->cdev, &mock->dev);
	if (ret)
		leave(mock);
	else
		mock_accel_events_start(mock);
	return ret;
}

/**
 * mock_accel_unregister() - takes a device away from user space
 * @mock: the device; no register of it is used after this
 */
void mock_accel_unregister(struct mock_accel *mock)
{
	leave(mock);
	cdev_device_del(&mock->cdev, &mock->dev);
}

int mock_accel_class_init(void)
{
	int ret;

	ret = alloc_chrdev_region(&first_devt, 0, MINORS, MOCK_ACCEL_CLASS);
	if (ret)
		return ret;
	ret = class_register(&mock_accel_class);
	if (ret)
		unregister_chrdev_region(first_devt, MINORS);
	return ret;
}

void mock_accel_class_exit(void)
{
	class_unregister(&mock_accel_class);
	unregister_chrdev_region(first_devt, MINORS);
	ida_destroy(&index_ida);
	ida_destroy(&minor_ida);
}
