/** Problems of the documents, for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  D001: {
    title: 'The matrix has too little for documents',
    text:
      'The compatibility page, the release notes, the changelog and the upgrade guide are made for a product that is released. ' +
      'They need the product component that `product.component` names, and the parts `release` and `reference` of the matrix. ' +
      'A matrix without them describes a platform rather than a product, and has no such pages.',
  },
  D002: {
    title: 'The release is not a version of the product',
    text:
      'The version to release stands in `release.version`. Its day, notes, breaking changes, deprecations and known issues stand in the version of that ' +
      'name below the product component. Add the version there before documents are generated.',
  },
}
