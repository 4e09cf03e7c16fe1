# Runs in the toolbox root: unpacks the kernel's source, builds it, and leaves in /build/out what is needed to boot
# it, to build modules for it, and to look at sources with its scripts.
# /build/debs: packages; /build/kernel.config: see there.
set -eu

mkdir /build/extra /build/linux
for deb in /build/debs/*; do
  case $deb in
    */linux-source-*) source=$deb ;;
    *) dpkg-deb -x "$deb" /build/extra ;;
  esac
done

# A third of the source: one architecture, and of the large families of drivers only what Kconfig reads.
skip='drivers/gpu drivers/media drivers/net drivers/staging drivers/infiniband drivers/scsi drivers/iio sound tools/testing
  tools/perf'
arches='alpha arc arm arm64 csky hexagon loongarch m68k microblaze mips nios2 openrisc parisc powerpc riscv s390 sh sparc
  um xtensa'
set --
set +x; for path in $skip; do set -- "$@" "--exclude=*/$path/*.[chS]"; done
for arch in $arches; do set -- "$@" "--exclude=*/arch/$arch/*.[chS]" "--exclude=*/arch/$arch/*.dts*"; done
dpkg-deb --fsys-tarfile "$source" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc |
  tar -x -C /build/linux --strip-components=1 "$@" '--exclude=*/Documentation/*.rst' '--exclude=*/Documentation/*.yaml'

export PATH="/build/extra/usr/bin:$PATH" M4=/build/extra/usr/bin/m4 BISON_PKGDATADIR=/build/extra/usr/share/bison
export C_INCLUDE_PATH=/build/extra/usr/include LIBRARY_PATH=/build/extra/usr/lib/x86_64-linux-gnu
export KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=debug KBUILD_BUILD_HOST=kernel KBUILD_BUILD_VERSION=1
cd /build/linux
make -s ARCH=x86_64 KCONFIG_ALLCONFIG=/build/kernel.config allnoconfig

missing=$(grep '^CONFIG_' /build/kernel.config | grep -vxFf .config || :)
if [ -n "$missing" ]; then
  echo "Kconfig does not grant: $missing" >&2
  exit 1
fi
make -s ARCH=x86_64 -j"$(nproc)" bzImage modules_prepare 2>&1

# For modules outside the tree: without vmlinux's own symbols modpost would accept anything.
cp vmlinux.symvers Module.symvers
cp arch/x86/boot/bzImage /build/out/vmlinuz
make -s ARCH=x86_64 kernelrelease > /build/out/release
find . \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' -o -name '*.c' -o -name 'vmlinux*' -o -name '*.S' \) \
  ! -path './scripts/*' ! -path './tools/objtool/*' -type f -delete
rm -rf drivers sound fs net Documentation samples arch/x86/boot arch/x86/kvm tools/lib tools/include
tar -cf - . | tar -xf - -C /build/out/tree
