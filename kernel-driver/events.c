// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: the device raises its MSI when a passphrase is done or its health
 * changed. Where no MSI can be had, the same registers are looked at regularly.
 */

#include <linux/devm-helpers.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "mock-accel.h"

#define POLL_INTERVAL	msecs_to_jiffies(100)

/**
 * mock_accel_events_look() - rereads what an event may have changed and tells
 * who waits for it
 * @mock: the device
 */
void mock_accel_events_look(struct mock_accel *mock)
{
	u32 status, health;
	bool new_status, new_health;

	guard(rwsem_read)(&mock->lock);
	if (mock->gone || !mock->live)
		return;
	scoped_guard(mutex, &mock->engine) {
		status = ioread32(mock->bar + MOCK_ACCEL_REG_PASSPHRASE_STATUS);
		health = ioread32(mock->bar + MOCK_ACCEL_REG_HEALTH);
		new_status = status != mock->seen_status;
		new_health = health != mock->seen_health;
		mock->seen_status = status;
		mock->seen_health = health;
	}
	/* Under the lock still, so that the attributes are there. */
	if (new_health)
		sysfs_notify(&mock->dev.kobj, NULL, "health");
	if (!new_status)
		return;
	sysfs_notify(&mock->dev.kobj, NULL, "passphrase_status");
	atomic_inc(&mock->events);
	wake_up_all(&mock->wait);
}

static irqreturn_t on_interrupt(int irq, void *data)
{
	mock_accel_events_look(data);
	return IRQ_HANDLED;
}

static void on_time(struct work_struct *work)
{
	struct mock_accel *mock =
		container_of(work, struct mock_accel, poll.work);

	mock_accel_events_look(mock);
	schedule_delayed_work(&mock->poll, POLL_INTERVAL);
}

/**
 * mock_accel_events_init() - begins to listen to the device
 * @mock: the device, mapped but not yet registered; nobody is told before
 *	mock_accel_events_start()
 *
 * Ends by itself when the PCI function is unbound.
 *
 * Return: 0 or a negative errno.
 */
int mock_accel_events_init(struct mock_accel *mock)
{
	struct pci_dev *pdev = mock->pdev;
	int ret;

	mock->seen_status =
		ioread32(mock->bar + MOCK_ACCEL_REG_PASSPHRASE_STATUS);
	mock->seen_health = ioread32(mock->bar + MOCK_ACCEL_REG_HEALTH);

	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (ret < 0) {
		dev_dbg(&pdev->dev, "no MSI (%d), polling\n", ret);
		ret = devm_delayed_work_autocancel(&pdev->dev, &mock->poll,
						   on_time);
		if (!ret)
			schedule_delayed_work(&mock->poll, POLL_INTERVAL);
		return ret;
	}
	pci_set_master(pdev);
	return devm_request_threaded_irq(&pdev->dev, pci_irq_vector(pdev, 0),
					 NULL, on_interrupt, IRQF_ONESHOT,
					 pci_name(pdev), mock);
}

/**
 * mock_accel_events_start() - begins to tell user space of events
 * @mock: the device, registered
 *
 * Whatever happened since mock_accel_events_init() is told now.
 */
void mock_accel_events_start(struct mock_accel *mock)
{
	scoped_guard(rwsem_write, &mock->lock)
		mock->live = true;
	mock_accel_events_look(mock);
}
