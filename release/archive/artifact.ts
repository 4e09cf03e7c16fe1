/** The type by which a release's inputs are found among its referrers. */
export const inputsType = 'application/vnd.lockstep.inputs.v1'
