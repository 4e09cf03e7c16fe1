/** Problems of reading published tables, for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  I001: {
    title: 'Not the published table that was expected',
    text: 'The file has not the form in which its project publishes the table: another file, half of it, or a format that has changed since the importer was written. Nothing was compared. Save the file as it is at its source, without an HTML page around it.',
  },
}
