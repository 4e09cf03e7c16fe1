// Generated from components/device.yaml; do not edit.

export const pci = {
  vendor: 0x1de5,
  class: 0x120000,
  revision: 0x01,
  configSize: 4096,
  msiVectors: 1,
  device: {
    pf: 0x0001,
    vf: 0x0002,
  },
} as const

/** The register BAR: its index, its size in bytes. */
export const bar = {
  index: 0,
  size: 4096,
} as const

/** Registers of the BAR: offset and size in bytes, little-endian. Values are bigint where 8 bytes wide. */
export const registers = {
  DEVICE_ID: {
    offset: 0x000,
    size: 4,
    access: 'ro',
    value: 0x4b434f4d,
  },
  REVISION: {
    offset: 0x004,
    size: 4,
    access: 'ro',
    value: 0x00010000,
  },
  UUID: {
    offset: 0x008,
    size: 16,
    access: 'ro',
  },
  LABEL_PTR: {
    offset: 0x018,
    size: 4,
    access: 'ro',
  },
  MEMORY_SIZE: {
    offset: 0x020,
    size: 8,
    access: 'ro',
    default: 0x400000000n,
  },
  CAPABILITIES: {
    offset: 0x028,
    size: 4,
    access: 'ro',
  },
  STATUS: {
    offset: 0x02c,
    size: 4,
    access: 'rw',
  },
  FW_VERSION: {
    offset: 0x030,
    size: 4,
    access: 'ro',
  },
  HEALTH: {
    offset: 0x034,
    size: 4,
    access: 'ro',
  },
  PASSPHRASE_CMD: {
    offset: 0x100,
    size: 4,
    access: 'wo',
  },
  PASSPHRASE_LENGTH: {
    offset: 0x104,
    size: 4,
    access: 'rw',
    default: 0x00000006,
  },
  PASSPHRASE_STATUS: {
    offset: 0x108,
    size: 4,
    access: 'ro',
  },
  PASSPHRASE_COUNT: {
    offset: 0x10c,
    size: 4,
    access: 'ro',
  },
  PASSPHRASE_BUFFER: {
    offset: 0x200,
    size: 256,
    access: 'ro',
  },
  LABEL: {
    offset: 0x300,
    size: 64,
    access: 'ro',
  },
} as const

/** Values of the registers that are enumerations. */
export const enums = {
  STATUS: {
    free: 0,
    allocated: 1,
  },
  HEALTH: {
    ok: 0,
    degraded: 1,
    failed: 2,
  },
  PASSPHRASE_CMD: {
    generate: 1,
  },
  PASSPHRASE_STATUS: {
    idle: 0,
    busy: 1,
    ready: 2,
    error: 3,
  },
} as const

/** Bit numbers in CAPABILITIES. */
export const capabilities = {
  compute: 0,
  passphrase: 1,
  sriov: 2,
  health: 3,
} as const

export const limits = {
  VFS_MAX: 16,
  LABEL_MAX: 64,
  WORDS_MIN: 4,
  WORDS_MAX: 12,
  WORDS_DEFAULT: 6,
  WORD_LETTERS_MAX: 8,
  VF_MEMORY_ALIGN: 1048576,
} as const

/** How a name becomes a UUID, and a PF's label a VF's. */
export const identity = {
  namespace: 'f628f044-23e7-48c8-9a8d-f00f71d2352b',
  vfLabel: '{pf}-VF{index}',
} as const

/** The kernel module's sysfs class. `of` tells which functions have an attribute. */
export const sysfs = {
  class: 'mock-accel',
  pfName: 'mock{pf}',
  vfName: 'mock{pf}v{index}',
  attributes: {
    uuid: {
      access: 'ro',
      of: 'both',
    },
    label: {
      access: 'ro',
      of: 'both',
    },
    type: {
      access: 'ro',
      of: 'both',
    },
    physfn: {
      access: 'ro',
      of: 'vf',
    },
    pci_address: {
      access: 'ro',
      of: 'both',
    },
    numa_node: {
      access: 'ro',
      of: 'both',
    },
    memory_size: {
      access: 'ro',
      of: 'both',
    },
    capabilities: {
      access: 'ro',
      of: 'both',
    },
    fw_version: {
      access: 'ro',
      of: 'both',
    },
    status: {
      access: 'rw',
      of: 'both',
    },
    health: {
      access: 'ro',
      of: 'both',
    },
    sriov_totalvfs: {
      access: 'ro',
      of: 'pf',
    },
    sriov_numvfs: {
      access: 'ro',
      of: 'pf',
    },
    passphrase_length: {
      access: 'rw',
      of: 'both',
    },
    passphrase_generate: {
      access: 'wo',
      of: 'both',
    },
    passphrase_status: {
      access: 'ro',
      of: 'both',
    },
    passphrase: {
      access: 'ro',
      of: 'both',
    },
    passphrase_count: {
      access: 'ro',
      of: 'both',
    },
    wordlist_loaded: {
      access: 'ro',
      of: 'both',
    },
    wordlist_size: {
      access: 'ro',
      of: 'both',
    },
  },
} as const

export const kernelModule = {
  name: 'mock_accel',
  file: 'mock-accel.ko',
  firmware: 'mock-accel-wordlist.txt',
  uapi: 'linux/mock-accel.h',
} as const

/** The DRA driver's names. */
export const dra = {
  driver: 'mock-accel.example.com',
  pool: '{node}/numa{numaNode}',
  poolUnknown: '{node}/unknown',
  sliceLabels: {
    driver: 'mock-accel.example.com',
    node: '{node}',
  },
  attributes: {
    uuid: {
      type: 'string',
    },
    label: {
      type: 'string',
    },
    deviceType: {
      type: 'string',
    },
    pciAddress: {
      type: 'string',
    },
    numaNode: {
      type: 'int',
      optional: true,
    },
    compute: {
      type: 'bool',
      capability: 'compute',
    },
    passphrase: {
      type: 'bool',
      capability: 'passphrase',
    },
    sriov: {
      type: 'bool',
      capability: 'sriov',
    },
    health: {
      type: 'bool',
      capability: 'health',
    },
    fwVersion: {
      type: 'version',
    },
    physfn: {
      type: 'string',
      optional: true,
    },
    'resource.kubernetes.io/numaNode': {
      type: 'int',
      optional: true,
    },
    'resource.kubernetes.io/pcieRoot': {
      type: 'string',
    },
    'resource.kubernetes.io/pciBusID': {
      type: 'string',
    },
    numa_node: {
      type: 'int',
      optional: true,
      deprecated: true,
    },
    memory: {
      type: 'int',
      deprecated: true,
    },
  },
  capacity: ['memory'],
  deviceClasses: {
    'mock-accel-pf': 'device.driver == "mock-accel.example.com" && device.attributes["mock-accel.example.com"].deviceType == "pf"',
    'mock-accel-vf': 'device.driver == "mock-accel.example.com" && device.attributes["mock-accel.example.com"].deviceType == "vf"',
    'numa-aware-pf': 'device.driver == "mock-accel.example.com" && device.attributes["mock-accel.example.com"].deviceType == "pf" && "numaNode" in device.attributes["mock-accel.example.com"]',
    'numa-aware-vf': 'device.driver == "mock-accel.example.com" && device.attributes["mock-accel.example.com"].deviceType == "vf" && "numaNode" in device.attributes["mock-accel.example.com"]',
  },
  cdiEnv: ['MOCK_ACCEL_DEVICE', 'MOCK_ACCEL_UUID', 'MOCK_ACCEL_PCI'],
} as const
