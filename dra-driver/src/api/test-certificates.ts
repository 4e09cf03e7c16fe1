/** Certificates for tests, made without any program; nothing of them is worth keeping. https://www.rfc-editor.org/rfc/rfc5280 */
import {createPublicKey, generateKeyPairSync, randomBytes, sign} from 'node:crypto'

/** PEM texts, and the name of who signs with them. */
export type Issued = {cert: string; key: string; name: string}

const tags = {integer: 2, bits: 3, octets: 4, oid: 6, utf8: 12, sequence: 48, set: 49, time: 24} as const

/** One value of DER: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const size = Buffer.from(content.length.toString(16).padStart(4, '0'), 'hex')
  const head = content.length < 128 ? [tag, content.length] : [tag, 0x82, ...size]
  return Buffer.concat([Buffer.from(head), content])
}
const sequence = (...parts: readonly Buffer[]) => der(tags.sequence, ...parts)
const bits = (content: Buffer) => der(tags.bits, Buffer.from([0]), content)
/** An object identifier as its bytes are, in hexadecimal. */
const oid = (hex: string) => der(tags.oid, Buffer.from(hex, 'hex'))
/** At its absolute time: `20260102030405Z`. */
const time = (at: Date) => der(tags.time, Buffer.from(`${at.toISOString().replace(/\.\d+Z$|[-:T]/g, '')}Z`))

const [commonName, ecdsaWithSha256] = [oid('550403'), sequence(oid('2a8648ce3d040302'))]
const named = (name: string) =>
  sequence(der(tags.set, sequence(commonName, der(tags.utf8, Buffer.from(name)))))
const extension = (id: string, value: Buffer) => sequence(oid(id), der(tags.octets, value))
const isAuthority = extension('551d13', sequence(der(1, Buffer.from([0xff]))))

/** Names are told by a letter in them from addresses of IPv4. */
const alternative = (host: string) =>
  /[a-z]/.test(host) ? der(0x82, Buffer.from(host)) : der(0x87, Buffer.from(host.split('.').map(Number)))

/** A certificate for `hosts`, or for a client; signed by itself, and an authority, when there is no `issuer`. */
export function certificate(name: string, issuer?: Issued, hosts: readonly string[] = []): Issued {
  const pair = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  const key = pair.privateKey.export({type: 'pkcs8', format: 'pem'}).toString()
  const extensions = [
    ...(issuer ? [] : [isAuthority]),
    ...(hosts.length > 0 ? [extension('551d11', sequence(...hosts.map(alternative)))] : []),
  ]
  const day = 86_400_000
  const body = sequence(
    der(0xa0, der(tags.integer, Buffer.from([2]))),
    der(tags.integer, Buffer.from([1]), randomBytes(8)),
    ecdsaWithSha256,
    named(issuer?.name ?? name),
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + day))),
    named(name),
    createPublicKey(key).export({type: 'spki', format: 'der'}),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  )
  const whole = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, issuer?.key ?? key)))
  const cert = `-----BEGIN CERTIFICATE-----\n${whole.toString('base64')}\n-----END CERTIFICATE-----\n`
  return {cert, key, name}
}
