import type {Context} from '../context.ts'
import {known} from '../facts.ts'
import {bullets, code, section, table} from '../markdown.ts'

export function networking({reference}: Context): string {
  const rows = reference.ports.map(port => [
    port.component,
    port.protocol === 'unix' ? 'unix socket' : String(port.port),
    port.protocol === 'unix' ? '' : port.protocol,
    port.purpose,
    port.when ?? '',
    known(port),
  ])
  return section(
    2,
    'Networking requirements',
    section(3, 'Required ports', table(['Component', 'Port', 'Protocol', 'Purpose', 'When', 'Known'], rows)),
    section(3, 'Network policies', bullets(reference.network)),
  )
}

export function storage({reference}: Context): string {
  const rows = reference.storage.map(path => [
    code(path.path),
    path.required ? 'yes' : 'no',
    path.purpose,
    path.persists ? '**yes**' : 'no',
    known(path),
  ])
  const kept = reference.storage.filter(path => path.persists && path.required).map(path => code(path.path))
  return section(
    2,
    'Storage requirements',
    section(
      3,
      'Node storage paths',
      table(['Path', 'Required', 'Purpose', 'Must survive a reboot', 'Known'], rows),
    ),
    section(
      3,
      'Persistent storage',
      `No volumes are needed. ${kept.join(', ')} must lie on a disk that survives a reboot: without its checkpoint the driver no longer knows which device belongs to which claim.`,
    ),
  )
}
