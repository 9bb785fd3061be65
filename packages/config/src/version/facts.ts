/** The parameter table as plain data, for forms. */
import { noEffect } from '../checks/not-yet.ts';
import { RENAMED } from '../parse/renamed.ts';
import { defaultValue, formatValue, groups, type Parameter, parameters } from '../table/index.ts';
import { isGuarded } from './guarded.ts';
import { secretName } from './secrets.ts';

export function tableFacts() {
  return {
    groups: groups.map(({ title }) => title),
    parameters: parameters.map(factsOf),
    renamed: { ...RENAMED },
  };
}

function factsOf(parameter: Parameter) {
  const { name, group, context, since, doc, indexed, origin, aliasOf } = parameter;
  const numeric = parameter.type === 'int' || parameter.type === 'double' ? parameter : null;
  const choice = parameter.type === 'enum' ? parameter : null;
  const list = parameter.type === 'list' ? parameter : null;
  return {
    name,
    group,
    type: parameter.type,
    unit: numeric?.unit ?? null,
    min: numeric?.min ?? null,
    max: numeric?.max ?? null,
    octal: numeric?.octal ?? false,
    values: [...(choice?.values ?? [])],
    synonyms: { ...choice?.synonyms },
    separator: list?.separator ?? null,
    regex: list?.regex ?? false,
    default: formatValue(parameter, defaultValue(parameter)),
    context,
    effect: effectOf(parameter),
    indexed: indexed === undefined ? null : { max: indexed.max, free: indexed.free },
    secret: secretName(indexed === undefined ? name : `${name}0`) !== null,
    guarded: isGuarded(name),
    origin: origin ?? ('pgpool' as const),
    since,
    aliasOf: aliasOf ?? null,
    noEffect: noEffect[name] ?? null,
    doc,
  };
}

/** On a running proxy; of a node that is there already. */
function effectOf({ name, context }: Parameter): 'reload' | 'restart' | 'new sessions' {
  if (name === 'backend_hostname' || name === 'backend_port') return 'restart';
  if (name === 'backend_weight') return 'new sessions';
  return context === 'start' && !name.startsWith('backend_') ? 'restart' : 'reload';
}
