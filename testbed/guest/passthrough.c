/*
 * A driver in user space, as QEMU or DPDK is one: takes a function that is bound to vfio-pci, gives it memory, reads
 * its registers and has it make a passphrase.
 *
 *   passthrough ADDRESS [FILE]     with FILE it keeps the function until FILE is there
 *
 * The interface is that of Documentation/driver-api/vfio.rst: container, group, device. Offsets of registers are
 * given by the compiler's command line, out of components/device.yaml.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#define DMA_ADDRESS 0x10000000
#define DMA_SIZE 0x10000

static int check(const char *what, int result)
{
	if (result < 0) {
		fprintf(stderr, "passthrough: %s: %s\n", what, strerror(errno));
		exit(1);
	}
	return result;
}

/* The number of the function's IOMMU group: functions of one group can only be handed over together. */
static int group_of(const char *address)
{
	char link[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", address);
	length = check(link, readlink(link, target, sizeof(target) - 1));
	target[length] = 0;
	return atoi(basename(target));
}

static int open_group(const char *address, int container)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char path[64];
	int group;

	snprintf(path, sizeof(path), "/dev/vfio/%d", group_of(address));
	group = check(path, open(path, O_RDWR));
	check("group status", ioctl(group, VFIO_GROUP_GET_STATUS, &status));
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		fprintf(stderr, "passthrough: %s has functions with other drivers\n", path);
		exit(1);
	}
	check("container", ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	check("IOMMU", ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	return group;
}

/* Memory that the function, and nobody else's, may reach. */
static void map(int container)
{
	void *memory = mmap(NULL, DMA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vfio_iommu_type1_dma_map ask = {
		.argsz = sizeof(ask),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = DMA_ADDRESS,
		.size = DMA_SIZE,
	};

	check("memory", memory == MAP_FAILED ? -1 : 0);
	check("map", ioctl(container, VFIO_IOMMU_MAP_DMA, &ask));
}

static struct vfio_region_info region(int device, int index)
{
	struct vfio_region_info info = {.argsz = sizeof(info), .index = index};

	check("region", ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info));
	return info;
}

/* Memory decoding, and bus mastering: an MSI is a write of the function's. */
static void enable(int device)
{
	off_t at = region(device, VFIO_PCI_CONFIG_REGION_INDEX).offset + PCI_COMMAND;
	uint16_t command;

	check("command", pread(device, &command, sizeof(command), at));
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	check("command", pwrite(device, &command, sizeof(command), at));
}

static volatile uint32_t *registers(int device)
{
	struct vfio_region_info info = region(device, VFIO_PCI_BAR0_REGION_INDEX);
	void *bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, info.offset);

	check("BAR0", bar == MAP_FAILED ? -1 : 0);
	return bar;
}

static int interrupt(int device)
{
	struct vfio_irq_set *ask = calloc(1, sizeof(*ask) + sizeof(int32_t));
	int event = check("eventfd", eventfd(0, EFD_CLOEXEC));

	ask->argsz = sizeof(*ask) + sizeof(int32_t);
	ask->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	ask->index = VFIO_PCI_MSI_IRQ_INDEX;
	ask->count = 1;
	memcpy(ask->data, &event, sizeof(event));
	check("MSI", ioctl(device, VFIO_DEVICE_SET_IRQS, ask));
	free(ask);
	return event;
}

/* A register's text, read as the registers are: four bytes at a time. */
static void show(const char *name, volatile uint32_t *bar, int offset, int size)
{
	uint32_t text[size / 4 + 1];

	for (int i = 0; i < size / 4; i++)
		text[i] = bar[offset / 4 + i];
	text[size / 4] = 0;
	printf("%s %s\n", name, (char *)text);
}

int main(int argc, char **argv)
{
	const char *address = argc > 1 ? argv[1] : "";
	int container = check("/dev/vfio/vfio", open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
	int group = open_group(address, container);
	struct pollfd event = {.events = POLLIN};
	volatile uint32_t *bar;
	int device;

	map(container);
	device = check(address, ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address));
	enable(device);
	bar = registers(device);
	if (bar[REG_DEVICE_ID / 4] != DEVICE_ID) {
		fprintf(stderr, "passthrough: BAR0 of %s reads 0x%x\n", address, bar[REG_DEVICE_ID / 4]);
		return 1;
	}
	show("label", bar, REG_LABEL, REG_LABEL_SIZE);
	event.fd = interrupt(device);
	bar[REG_PASSPHRASE_CMD / 4] = PASSPHRASE_GENERATE;
	printf("interrupt %s\n", check("poll", poll(&event, 1, 10000)) == 1 ? "came" : "missing");
	show("passphrase", bar, REG_PASSPHRASE_BUFFER, REG_PASSPHRASE_BUFFER_SIZE);
	fflush(stdout);
	while (argc > 2 && access(argv[2], F_OK))
		usleep(50000);
	return 0;
}
