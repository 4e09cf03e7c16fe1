import type {ChartData} from './data.ts'
import {objects, strings} from './schemas.ts'
import {type Group, group, type JsonSchema, leaf} from './spec.ts'

/** One DeviceClass; of the chart's own any part may be left out. */
const deviceClass: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    name: {description: 'Only in a list, as an earlier chart had it.', type: 'string'},
    enabled: {description: 'Install it.', type: 'boolean'},
    selector: {
      type: 'object',
      additionalProperties: false,
      properties: {cel: {description: 'Which devices it holds, in CEL.', type: 'string', minLength: 1}},
    },
    extendedResourceName: {
      description: 'Name under which pods may ask for these devices in resources.limits, without a claim.',
      type: 'string',
    },
    config: {...objects, description: 'Parameters for the drivers, as in a DeviceClass.'},
    labels: {...strings, description: 'More labels.'},
  },
}

export const classDefinitions = {deviceClass}

/** The schema of `deviceClasses`: by name, or the list of an earlier chart. */
export const classesSchema: JsonSchema = {
  anyOf: [
    {type: 'object', additionalProperties: {$ref: '#/definitions/deviceClass'}},
    {type: 'array', items: {allOf: [{$ref: '#/definitions/deviceClass'}, {required: ['name', 'selector']}]}},
  ],
}

/** The chart's DeviceClasses by name. */
export function deviceClasses({driver}: ChartData): Group {
  const classes = driver.classes.map(({name, meaning, selector}) => [
    name,
    group(`${meaning}.`, {
      enabled: leaf('Install it.', true),
      selector: group('Which devices it holds.', {cel: leaf('CEL over `device`.', selector)}),
      extendedResourceName: leaf(
        'Name under which pods may ask for these devices in `resources.limits`, without a claim (on by default from Kubernetes 1.36; there `deviceclass.resource.kubernetes.io/<class>` needs no name).',
        '',
      ),
      config: leaf('Parameters for the driver, as in a DeviceClass.', [], objects),
    }),
  ])
  return {
    ...group(
      'DeviceClasses by name; add your own. A list, as an earlier chart had it, takes the place of all of them.',
      Object.fromEntries(classes),
    ),
    schema: classesSchema,
  }
}
