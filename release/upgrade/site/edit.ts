import {fail, type Place} from '#lib/diagnostics.ts'
import {literally} from '../../lib/regexp.ts'
import {readField} from './field.ts'

/**
 * A file with the version at a path replaced; every other byte stays. What stands around the version in the field stays
 * too: a leading `v`, `~> ` of Terraform, quotes. A version that YAML's readers would take for a shorter number (`1.30`) is
 * put in quotes.
 * @param from the version that the field has now, in the words of the plan
 * @throws DiagnosticError J020 and J021 as in reading; J024 another version stands there, J025 the field cannot be edited
 */
export function editField(text: string, file: string, path: string, from: string, to: string): string {
  const {value, place} = readField(text, file, path)
  const written = slice(text, place)
  if (/@sha256:/.test(value))
    refuse(
      'J025',
      `${path} pins a digest beside the version`,
      place,
      'let what pins digests raise it, or unpin it',
    )
  if (/^[*|>&!]/.test(written))
    refuse(
      'J025',
      `${path} is an alias, an anchor or a block of text`,
      place,
      'bind the field that has the version',
    )
  const found = [...written.matchAll(new RegExp(`(?<![\\w.])(v?)${literally(from)}(?![\\w.-])`, 'g'))]
  const [only] = found
  if (!only || found.length > 1)
    refuse(
      'J024',
      `${path} is ${written}, where ${from} is expected once`,
      place,
      'plan from what stands there now',
    )
  const start = only.index + (only[1]?.length ?? 0)
  const edited = `${written.slice(0, start)}${to}${written.slice(start + from.length)}`
  const [begin, end] = offsets(text, place)
  return `${text.slice(0, begin)}${isHcl(file) ? edited : quotedNumber(edited)}${text.slice(end)}`
}

/** `1.30` is 1.3 to whoever reads it as a number. */
function quotedNumber(written: string): string {
  return /^\d+(?:\.\d+)?$/.test(written) && String(Number(written)) !== written ? `"${written}"` : written
}

function isHcl(file: string): boolean {
  return /\.(tf|tfvars|hcl)$/.test(file)
}

function slice(text: string, place: Place): string {
  const [begin, end] = offsets(text, place)
  return text.slice(begin, end)
}

/** Lines end with LF, or CR and LF, of which the CR is the last column. */
function offsets(text: string, {line, col, endLine, endCol}: Place): [begin: number, end: number] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  const offset = (l: number, c: number) => (starts[l - 1] ?? text.length) + c - 1
  return [offset(line, col), offset(endLine ?? line, endCol ?? col)]
}

function refuse(code: string, message: string, place: Place, hint: string): never {
  fail({code, message, place, hint})
}
