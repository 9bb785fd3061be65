/** The doctor's look for the engine that it runs in, as problems: what is well is left out. */
import { loadConfig } from '@pgherd/config';
import type { FoundProblem } from '@pgherd/engine';
import type { Operations } from '@pgherd/operations';
import type { ConfigurationFiles } from '../configuration-files.ts';
import { readConfig, readText } from '../read-files.ts';
import type { Finding } from './finding.ts';
import { gather } from './gather.ts';
import { judge } from './judge.ts';
import { readRoute } from './look-at-engine.ts';

export async function lookAround(files: ConfigurationFiles, operations: Operations): Promise<FoundProblem[]> {
  const result = readConfig(files.config);
  const loaded = result.ok
    ? result
    : loadConfig({ text: readText(files.config), file: files.config, readFile: readText });
  const issues = result.ok ? result.warnings : [...result.issues, ...result.warnings];
  if (!loaded.ok) {
    return issues.map(({ severity, message, line, parameter }) => ({
      code: 'look-files',
      severity: severity === 'error' ? 'error' : 'warning',
      node: null,
      sentence: `Line ${line} of ${files.config}: ${parameter ?? ''} ${message}.`,
      cause: null,
      remedy: 'Correct the line: the proxy would not start with it again.',
      wish: null,
    }));
  }
  const { settings } = loaded;
  const facts = await gather({
    files,
    settings,
    issues,
    pcp: null,
    engine: {
      state: 'answers',
      status: await operations.status(),
      readGoesTo: await readRoute((question) => operations.explainRoute(question), settings).catch(() => null),
    },
  });
  return judge(facts)
    .filter(({ verdict, name }) => verdict !== 'ok' && name !== 'engine')
    .map(problemOf);
}

function problemOf({ name, verdict, found, remedy, node, wish }: Finding): FoundProblem {
  return {
    code: `look-${name}`,
    severity: verdict === 'bad' ? 'error' : 'warning',
    node: node ?? null,
    sentence: `${found.slice(0, 1).toUpperCase()}${found.slice(1)}.`,
    cause: null,
    remedy: remedy ?? '',
    wish: wish ?? null,
  };
}
