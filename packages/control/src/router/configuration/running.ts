import { findParameter } from '@pgherd/config/table';
import { runningConfigurationSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

const MASK = '*****';

export const running = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'The parameters in effect, with numbers where they have one, and those that wait for a restart. Secrets are masked and have a keyed fingerprint to compare.',
    })
    .output(runningConfigurationSchema)
    .query(async () => {
      const running = await operations.configurationRunning();
      const parameters = running.parameters.map((parameter) =>
        isSecret(parameter.name)
          ? {
              ...parameter,
              value: parameter.value === '' ? '' : MASK,
              afterRestart: parameter.afterRestart === null ? null : MASK,
            }
          : parameter,
      );
      return { ...running, parameters };
    });

/** Masked by whoever tells them already; once more here, since an answer leaves the host. */
function isSecret(name: string): boolean {
  const parameter = findParameter(name) ?? findParameter(name.replace(/\d+$/, ''));
  return parameter?.secret ?? false;
}
