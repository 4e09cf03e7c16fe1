import type {GeneratedFile} from '../file.ts'

const origin = '# Generated from matrix/mock-device.yaml; do not edit.'

/** What the module's source needs to know of the release, so that it builds outside the repository too. */
export function generateModuleVersion(version: string): GeneratedFile[] {
  return [
    {path: 'kernel-driver/version.mk', text: `${origin}\nMOCK_ACCEL_VERSION ?= ${version}\n`},
    {path: 'kernel-driver/dkms.conf', text: dkms(version)},
  ]
}

function dkms(version: string): string {
  return `${origin}
PACKAGE_NAME="mock-accel"
PACKAGE_VERSION="${version}"
MAKE[0]="make -C $kernel_source_dir M=$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION/build modules"
BUILT_MODULE_NAME[0]="mock-accel"
DEST_MODULE_LOCATION[0]="/updates"
AUTOINSTALL="yes"
`
}
