/** The problems of a device contract, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  V001: {
    title: 'Two registers overlap',
    text: 'Each byte of the BAR belongs to one register at most, because the server keeps the BAR as one array of bytes and the driver reads whole registers. Two entries of `registers` claim the same bytes. Move one of them or correct its size.',
  },
  V002: {
    title: 'A register does not fit',
    text: 'A register must lie inside the BAR and be aligned: to its own size up to 4 bytes, and to 4 bytes when it is larger, because drivers access it in pieces of 4. Correct its offset or size, or enlarge `bar.size`.',
  },
  V003: {
    title: 'A name or number is given twice',
    text: 'The names of registers, enumerations, limits, capabilities and attributes become constants, and the values of an enumeration tell states apart, so each may stand once only. Rename or renumber one of the two.',
  },
  V004: {
    title: 'Unknown name',
    text: 'A register names an enumeration, or an attribute of sysfs or DRA names a register or a capability, that the device contract does not define. Correct the name or define it under `enums`, `registers` or `capabilities`.',
  },
  V005: {
    title: 'A value does not fit its register',
    text: 'The value, default or enumeration value of a register, or the bit of a capability, needs more bits than the register has. Correct the value or the size of the register.',
  },
}
