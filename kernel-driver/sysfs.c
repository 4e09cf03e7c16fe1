// SPDX-License-Identifier: GPL-2.0-only
/* The attributes of a class device; docs/reference/sysfs.md tells each. */

#include <linux/kstrtox.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mock-accel.h"

static const char * const status_names[] = {
	[MOCK_ACCEL_STATUS_FREE] = "free",
	[MOCK_ACCEL_STATUS_ALLOCATED] = "allocated",
};

static const char * const health_names[] = {
	[MOCK_ACCEL_HEALTH_OK] = "ok",
	[MOCK_ACCEL_HEALTH_DEGRADED] = "degraded",
	[MOCK_ACCEL_HEALTH_FAILED] = "failed",
};

static const char * const passphrase_status_names[] = {
	[MOCK_ACCEL_PASSPHRASE_STATUS_IDLE] = "idle",
	[MOCK_ACCEL_PASSPHRASE_STATUS_BUSY] = "busy",
	[MOCK_ACCEL_PASSPHRASE_STATUS_READY] = "ready",
	[MOCK_ACCEL_PASSPHRASE_STATUS_ERROR] = "error",
};

/* Shows a register as a name; a value without one comes from a dead device. */
static ssize_t emit_name(struct device *dev, u32 reg, const char * const *names,
			 size_t count, char *buf)
{
	u32 value;
	int ret;

	ret = mock_accel_read(to_mock_accel(dev), reg, &value);
	if (ret)
		return ret;
	if (value >= count)
		return -EIO;
	return sysfs_emit(buf, "%s\n", names[value]);
}

static ssize_t emit_number(struct device *dev, u32 reg, char *buf)
{
	u32 value;
	int ret;

	ret = mock_accel_read(to_mock_accel(dev), reg, &value);
	return ret ? ret : sysfs_emit(buf, "%u\n", value);
}

static ssize_t uuid_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%pUb\n", to_mock_accel(dev)->uuid);
}
static DEVICE_ATTR_RO(uuid);

static ssize_t label_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", to_mock_accel(dev)->label);
}
static DEVICE_ATTR_RO(label);

static ssize_t type_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n", to_mock_accel(dev)->is_vf ? "vf" : "pf");
}
static DEVICE_ATTR_RO(type);

static ssize_t pci_address_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", pci_name(to_mock_accel(dev)->pdev));
}
static DEVICE_ATTR_RO(pci_address);

static ssize_t numa_node_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%d\n", dev_to_node(dev->parent));
}
static DEVICE_ATTR_RO(numa_node);

static ssize_t memory_size_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_mock_accel(dev)->memory_size);
}
static DEVICE_ATTR_RO(memory_size);

static ssize_t capabilities_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%08x\n", to_mock_accel(dev)->capabilities);
}
static DEVICE_ATTR_RO(capabilities);

static ssize_t fw_version_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	u32 version = to_mock_accel(dev)->fw_version;

	return sysfs_emit(buf, "%u.%u.%u\n", version >> 16 & 0xff,
			  version >> 8 & 0xff, version & 0xff);
}
static DEVICE_ATTR_RO(fw_version);

static ssize_t status_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return emit_name(dev, MOCK_ACCEL_REG_STATUS, status_names,
			 ARRAY_SIZE(status_names), buf);
}

static ssize_t status_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	u32 number;
	int value;
	int ret;

	value = sysfs_match_string(status_names, buf);
	if (value < 0) {
		ret = kstrtou32(buf, 0, &number);
		if (ret)
			return ret;
		if (number >= ARRAY_SIZE(status_names))
			return -EINVAL;
		value = number;
	}
	ret = mock_accel_write(to_mock_accel(dev), MOCK_ACCEL_REG_STATUS, value);
	return ret ? ret : count;
}
static DEVICE_ATTR_RW(status);

static ssize_t wordlist_loaded_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", !!to_mock_accel(dev)->wordlist);
}
static DEVICE_ATTR_RO(wordlist_loaded);

static ssize_t wordlist_size_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	const struct mock_accel_wordlist *list = to_mock_accel(dev)->wordlist;

	return sysfs_emit(buf, "%u\n", list ? list->words : 0);
}
static DEVICE_ATTR_RO(wordlist_size);

static struct attribute *common_attrs[] = {
	&dev_attr_uuid.attr,
	&dev_attr_label.attr,
	&dev_attr_type.attr,
	&dev_attr_pci_address.attr,
	&dev_attr_numa_node.attr,
	&dev_attr_memory_size.attr,
	&dev_attr_capabilities.attr,
	&dev_attr_fw_version.attr,
	&dev_attr_status.attr,
	&dev_attr_wordlist_loaded.attr,
	&dev_attr_wordlist_size.attr,
	NULL
};

static const struct attribute_group common_group = {
	.attrs = common_attrs,
};

static ssize_t health_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return emit_name(dev, MOCK_ACCEL_REG_HEALTH, health_names,
			 ARRAY_SIZE(health_names), buf);
}
static DEVICE_ATTR_RO(health);

static struct attribute *health_attrs[] = {
	&dev_attr_health.attr,
	NULL
};

static umode_t health_visible(struct kobject *kobj, struct attribute *attr,
			      int n)
{
	struct mock_accel *mock = to_mock_accel(kobj_to_dev(kobj));

	return mock->capabilities & MOCK_ACCEL_CAP_HEALTH ? attr->mode : 0;
}

static const struct attribute_group health_group = {
	.attrs = health_attrs,
	.is_visible = health_visible,
};

static ssize_t sriov_totalvfs_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  pci_sriov_get_totalvfs(to_mock_accel(dev)->pdev));
}
static DEVICE_ATTR_RO(sriov_totalvfs);

static ssize_t sriov_numvfs_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", pci_num_vf(to_mock_accel(dev)->pdev));
}
static DEVICE_ATTR_RO(sriov_numvfs);

static struct attribute *pf_attrs[] = {
	&dev_attr_sriov_totalvfs.attr,
	&dev_attr_sriov_numvfs.attr,
	NULL
};

static umode_t pf_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	return to_mock_accel(kobj_to_dev(kobj))->is_vf ? 0 : attr->mode;
}

static const struct attribute_group pf_group = {
	.attrs = pf_attrs,
	.is_visible = pf_visible,
};

static ssize_t physfn_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%s\n", dev_name(&to_mock_accel(dev)->pf->dev));
}
static DEVICE_ATTR_RO(physfn);

static struct attribute *vf_attrs[] = {
	&dev_attr_physfn.attr,
	NULL
};

static umode_t vf_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	return to_mock_accel(kobj_to_dev(kobj))->pf ? attr->mode : 0;
}

static const struct attribute_group vf_group = {
	.attrs = vf_attrs,
	.is_visible = vf_visible,
};

static ssize_t passphrase_length_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	return emit_number(dev, MOCK_ACCEL_REG_PASSPHRASE_LENGTH, buf);
}

static ssize_t passphrase_length_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t count)
{
	u32 words;
	int ret;

	ret = kstrtou32(buf, 0, &words);
	if (ret)
		return ret;
	ret = mock_accel_passphrase_length(to_mock_accel(dev), words);
	return ret ? ret : count;
}
static DEVICE_ATTR_RW(passphrase_length);

static ssize_t passphrase_generate_store(struct device *dev,
					 struct device_attribute *attr,
					 const char *buf, size_t count)
{
	u32 command;
	int ret;

	ret = kstrtou32(buf, 0, &command);
	if (ret)
		return ret;
	if (command != MOCK_ACCEL_PASSPHRASE_CMD_GENERATE)
		return -EINVAL;
	ret = mock_accel_passphrase_generate(to_mock_accel(dev), 0);
	return ret ? ret : count;
}
static DEVICE_ATTR_WO(passphrase_generate);

static ssize_t passphrase_status_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	return emit_name(dev, MOCK_ACCEL_REG_PASSPHRASE_STATUS,
			 passphrase_status_names,
			 ARRAY_SIZE(passphrase_status_names), buf);
}
static DEVICE_ATTR_RO(passphrase_status);

static ssize_t passphrase_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	char phrase[MOCK_ACCEL_PHRASE_SIZE];
	u32 count;
	int ret;

	ret = mock_accel_passphrase_get(to_mock_accel(dev), phrase, &count);
	if (ret >= 0)
		ret = sysfs_emit(buf, "%s\n", phrase);
	memzero_explicit(phrase, sizeof(phrase));
	return ret;
}
static DEVICE_ATTR_ADMIN_RO(passphrase);

static ssize_t passphrase_count_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	return emit_number(dev, MOCK_ACCEL_REG_PASSPHRASE_COUNT, buf);
}
static DEVICE_ATTR_RO(passphrase_count);

static struct attribute *passphrase_attrs[] = {
	&dev_attr_passphrase_length.attr,
	&dev_attr_passphrase_generate.attr,
	&dev_attr_passphrase_status.attr,
	&dev_attr_passphrase.attr,
	&dev_attr_passphrase_count.attr,
	NULL
};

static umode_t passphrase_visible(struct kobject *kobj, struct attribute *attr,
				  int n)
{
	struct mock_accel *mock = to_mock_accel(kobj_to_dev(kobj));

	return mock->capabilities & MOCK_ACCEL_CAP_PASSPHRASE ? attr->mode : 0;
}

static const struct attribute_group passphrase_group = {
	.attrs = passphrase_attrs,
	.is_visible = passphrase_visible,
};

const struct attribute_group *mock_accel_groups[] = {
	&common_group,
	&health_group,
	&pf_group,
	&vf_group,
	&passphrase_group,
	NULL
};
