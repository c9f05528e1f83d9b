# What the emulated host and its guests are made of: the boards' own devices
# come with the boards.
CONFIG_Q35=y
CONFIG_AMD_PSP=y
CONFIG_HPET=y
CONFIG_ISA_DEBUG=y
CONFIG_SEV=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BALLOON=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_SERIAL=y
