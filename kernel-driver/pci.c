// SPDX-License-Identifier: GPL-2.0-only
/* Mock accelerator: the PCI driver, for physical and virtual functions. */

#include <linux/module.h>
#include <linux/pci.h>

#include "mock-accel.h"

enum function {
	FUNCTION_PF,
	FUNCTION_VF,
};

static struct pci_driver mock_accel_driver;

/*
 * A VF's BAR registers are read-only zero on real hardware, and the kernel never
 * writes them. QEMU keeps its own copy for a function that a server gives, and
 * maps nothing before that copy holds the address.
 */
static void tell_vf_bar(struct pci_dev *pdev)
{
	pci_write_config_dword(pdev, PCI_BASE_ADDRESS_0,
			       lower_32_bits(pci_bus_address(pdev, 0)));
}

static int map_registers(struct mock_accel *mock)
{
	struct pci_dev *pdev = mock->pdev;
	int ret;

	if (pdev->is_virtfn)
		tell_vf_bar(pdev);
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	if (!(pci_resource_flags(pdev, MOCK_ACCEL_BAR) & IORESOURCE_MEM) ||
	    pci_resource_len(pdev, MOCK_ACCEL_BAR) < MOCK_ACCEL_BAR_SIZE)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "BAR %d is not %#x bytes of memory\n",
				     MOCK_ACCEL_BAR, MOCK_ACCEL_BAR_SIZE);
	mock->bar = pcim_iomap_region(pdev, MOCK_ACCEL_BAR, KBUILD_MODNAME);
	return PTR_ERR_OR_ZERO(mock->bar);
}

/* A VF whose PF is elsewhere, or bound to another driver, stands for itself. */
static void find_pf(struct mock_accel *mock)
{
	struct pci_dev *pdev = mock->pdev;
	struct mock_accel *pf;

	if (!mock->is_vf || !pdev->is_virtfn)
		return;
	pf = pci_iov_get_pf_drvdata(pdev, &mock_accel_driver);
	if (IS_ERR_OR_NULL(pf))
		return;
	get_device(&pf->dev);
	mock->pf = pf;
	mock->vf_id = pci_iov_vf_id(pdev);
}

static int mock_accel_probe(struct pci_dev *pdev,
			    const struct pci_device_id *id)
{
	struct mock_accel *mock;
	int ret;

	mock = mock_accel_alloc(pdev, id->driver_data == FUNCTION_VF);
	if (IS_ERR(mock))
		return PTR_ERR(mock);
	ret = map_registers(mock);
	if (ret)
		return ret;
	ret = mock_accel_identify(mock);
	if (ret)
		return ret;
	find_pf(mock);
	if (mock->pf)
		mock->wordlist = mock_accel_wordlist_share(mock->pf->wordlist);
	else
		mock->wordlist = mock_accel_wordlist_get(&pdev->dev);
	ret = mock_accel_events_init(mock);
	if (ret)
		return ret;
	ret = mock_accel_register(mock);
	if (ret)
		return ret;
	pci_set_drvdata(pdev, mock);
	return 0;
}

static void mock_accel_remove(struct pci_dev *pdev)
{
	/* VFs first: they refer to the PF. */
	pci_disable_sriov(pdev);
	mock_accel_unregister(pci_get_drvdata(pdev));
}

/* A reset ends a passphrase under way, and raises no interrupt. */
static void mock_accel_reset_done(struct pci_dev *pdev)
{
	mock_accel_events_look(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers mock_accel_error_handlers = {
	.reset_done = mock_accel_reset_done,
};

static const struct pci_device_id mock_accel_ids[] = {
	{
		PCI_DEVICE(MOCK_ACCEL_VENDOR_ID, MOCK_ACCEL_DEVICE_ID_PF),
		.driver_data = FUNCTION_PF,
	},
	{
		PCI_DEVICE(MOCK_ACCEL_VENDOR_ID, MOCK_ACCEL_DEVICE_ID_VF),
		.driver_data = FUNCTION_VF,
	},
	{}
};
MODULE_DEVICE_TABLE(pci, mock_accel_ids);

static struct pci_driver mock_accel_driver = {
	.name = KBUILD_MODNAME,
	.id_table = mock_accel_ids,
	.probe = mock_accel_probe,
	.remove = mock_accel_remove,
	.sriov_configure = pci_sriov_configure_simple,
	.err_handler = &mock_accel_error_handlers,
};

static int __init mock_accel_init(void)
{
	int ret;

	ret = mock_accel_class_init();
	if (ret)
		return ret;
	ret = pci_register_driver(&mock_accel_driver);
	if (ret)
		mock_accel_class_exit();
	return ret;
}
module_init(mock_accel_init);

static void __exit mock_accel_exit(void)
{
	pci_unregister_driver(&mock_accel_driver);
	mock_accel_class_exit();
}
module_exit(mock_accel_exit);

MODULE_DESCRIPTION("Mock accelerator");
MODULE_AUTHOR("The mock-device authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(MOCK_ACCEL_VERSION);
