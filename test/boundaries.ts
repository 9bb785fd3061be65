/**
 * Who may import whom, from architecture.json, checked by dependency-cruiser. Run as a program it checks the tree and
 * exits 1 on a violation; as a module it serves the test that plants a forbidden import.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';

const root = path.resolve(fileURLToPath(new URL('.', import.meta.url)), '..');

interface Architecture {
  /** Package -> packages that it may import. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Package -> the only built-in modules that it may import outside tests. */
  readonly pure: Readonly<Record<string, readonly string[]>>;
  /** Folders that a browser can load: nothing built in. */
  readonly browserSafe: readonly string[];
  /** App -> the packages that it may import, and its layers: each with those that it may import. Types may come from anywhere. */
  readonly apps: Readonly<
    Record<
      string,
      { readonly packages: readonly string[]; readonly layers: Readonly<Record<string, readonly string[]>> }
    >
  >;
}

const TESTS = String.raw`\.(test|bench)\.tsx?$|/(testing|test-support)/`;

export function rulesOf(architecture: Architecture): IForbiddenRuleType[] {
  const rules: IForbiddenRuleType[] = [
    { name: 'no-circular', severity: 'error', from: { pathNot: TESTS }, to: { circular: true } },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'an import that leads nowhere, such as one past the exports of a package',
      from: { path: '^packages/' },
      to: { couldNotResolve: true },
    },
  ];
  for (const [name, allowed] of Object.entries(architecture.packages)) {
    const others = [name, ...allowed].join('|');
    rules.push({
      name: `${name}-imports`,
      severity: 'error',
      comment: `${name} may import: ${allowed.join(', ') || 'nothing of ours'}`,
      // Tests may use the lab: it makes the real servers that they run against.
      from: { path: `^packages/${name}/`, pathNot: TESTS },
      to: { path: `^packages/(?!(?:${others})/)` },
    });
  }
  for (const [name, builtins] of Object.entries(architecture.pure)) {
    const allowed = builtins.map((builtin) => builtin.replace('node:', '')).join('|');
    rules.push({
      name: `${name}-is-pure`,
      severity: 'error',
      from: { path: `^packages/${name}/`, pathNot: TESTS },
      to: { dependencyTypes: ['core'], ...(allowed === '' ? {} : { pathNot: `^(?:node:)?(?:${allowed})$` }) },
    });
  }
  for (const folder of architecture.browserSafe) {
    rules.push({
      name: `browser-safe-${folder.replaceAll('/', '-')}`,
      severity: 'error',
      from: { path: `^${folder}/`, pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    });
  }
  for (const [app, { packages, layers }] of Object.entries(architecture.apps)) {
    const source = `^apps/${app}/src/`;
    rules.push({
      name: `${app}-imports`,
      severity: 'error',
      comment: `${app} may import: ${packages.join(', ')}`,
      from: { path: source, pathNot: TESTS },
      to: { path: `^packages/(?!(?:${packages.join('|')})/)` },
    });
    for (const [layer, allowed] of Object.entries(layers)) {
      rules.push({
        name: `${app}-${layer}-imports`,
        severity: 'error',
        comment: `${layer} may import: ${allowed.join(', ')}`,
        from: { path: `${source}${layer}/`, pathNot: TESTS },
        to: { path: `${source}(?!(?:${allowed.join('|')})(?:/|\\.))`, dependencyTypesNot: ['type-only'] },
      });
    }
    for (const layer of ['client', 'shared']) {
      rules.push({
        name: `${app}-${layer}-runs-in-browsers`,
        severity: 'error',
        from: { path: `${source}${layer}/`, pathNot: TESTS },
        to: { dependencyTypes: ['core'] },
      });
    }
  }
  return rules;
}

export function readArchitecture(): Architecture {
  return JSON.parse(fs.readFileSync(path.join(root, 'architecture.json'), 'utf8')) as Architecture;
}

/** @returns one line per violation among the packages below `baseDir` */
export async function violations(baseDir: string): Promise<string[]> {
  const roots = ['packages', 'apps'].filter((folder) => fs.existsSync(path.join(baseDir, folder)));
  const result = await cruise(roots, {
    baseDir,
    ruleSet: { forbidden: rulesOf(readArchitecture()) },
    validate: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: String.raw`/(\.next|generated)/` },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  });
  const { summary } = result.output as ICruiseResult;
  return summary.violations.map((found) => `${found.rule.name}: ${found.from} -> ${found.to}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = await violations(root);
  for (const line of found) process.stdout.write(`${line}\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
